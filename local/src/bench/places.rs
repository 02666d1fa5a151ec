//! Where responders are: clustered as people are, in great cities, in towns around them, and a few
//! in the country between.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::BenchError;

/// The mean radius of the earth, in kilometres.
const EARTH_KM: f64 = 6_371.008_8;
/// Kilometres of one degree of latitude on that sphere.
const KM_PER_DEGREE: f64 = EARTH_KM * std::f64::consts::PI / 180.0;

/// Kilometres from the centre of a city of a million to where its density has fallen to 1/e.
const SPREAD_KM: f64 = 4.0;
/// The same of a town.
const TOWN_SPREAD_KM: f64 = 1.2;
/// How far from its city a town may be.
const AROUND_KM: f64 = 250.0;
/// Towns around each city.
const TOWNS: usize = 25;

/// Latitude, longitude and millions of people of great cities.
const CITIES: [(f64, f64, f64); 40] = [
    (35.68, 139.69, 37.0),
    (28.61, 77.21, 33.0),
    (31.23, 121.47, 29.0),
    (23.81, 90.41, 23.0),
    (-23.55, -46.63, 22.0),
    (19.43, -99.13, 22.0),
    (30.04, 31.24, 22.0),
    (39.90, 116.41, 21.0),
    (19.08, 72.88, 21.0),
    (34.69, 135.50, 19.0),
    (40.71, -74.01, 19.0),
    (24.86, 67.01, 17.0),
    (29.56, 106.55, 17.0),
    (-4.32, 15.31, 16.0),
    (6.52, 3.38, 16.0),
    (41.01, 28.98, 16.0),
    (22.57, 88.36, 15.0),
    (-34.60, -58.38, 15.0),
    (14.60, 120.98, 15.0),
    (23.13, 113.26, 14.0),
    (31.55, 74.34, 14.0),
    (12.97, 77.59, 14.0),
    (-22.91, -43.17, 14.0),
    (55.76, 37.62, 12.7),
    (13.08, 80.27, 12.0),
    (34.05, -118.24, 12.0),
    (4.71, -74.07, 11.0),
    (48.86, 2.35, 11.0),
    (-6.21, 106.85, 11.0),
    (-12.05, -77.04, 11.0),
    (17.39, 78.49, 11.0),
    (13.76, 100.50, 11.0),
    (37.57, 126.98, 10.0),
    (51.51, -0.13, 9.6),
    (35.69, 51.39, 9.4),
    (10.82, 106.63, 9.3),
    (-26.20, 28.05, 6.0),
    (-1.29, 36.82, 5.3),
    (-33.87, 151.21, 5.0),
    (27.72, 85.32, 1.6),
];

/// Where the customers of every measurement are: in the second of the cities.
pub(super) const HOME: Place = Place {
    lat: 28.6139,
    lng: 77.2090,
};

/// A position, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) lat: f64,
    pub(super) lng: f64,
}

impl Place {
    /// Kilometres over the sphere, by the haversine.
    pub(super) fn distance_km(self, other: Self) -> f64 {
        let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
        let across =
            half(self.lng, other.lng) * self.lat.to_radians().cos() * other.lat.to_radians().cos();
        let haversine = half(self.lat, other.lat) + across;
        2.0 * EARTH_KM * haversine.sqrt().clamp(0.0, 1.0).asin()
    }

    /// The place at that distance in that direction, near enough for a few hundred kilometres away
    /// from the poles.
    pub(super) fn towards(self, radians: f64, km: f64) -> Self {
        let north = km * radians.cos() / KM_PER_DEGREE;
        let east = km * radians.sin() / (KM_PER_DEGREE * self.lat.to_radians().cos().max(0.01));
        Self {
            lat: (self.lat + north).clamp(-89.9, 89.9),
            lng: (self.lng + east + 180.0).rem_euclid(360.0) - 180.0,
        }
    }

    /// The keys of the tables' index of places: its partition, and the whole geohash.
    pub(super) fn geohash(self) -> Result<String, BenchError> {
        let at = geohash::Coord {
            x: self.lng,
            y: self.lat,
        };
        geohash::encode(at, 12).map_err(|error| BenchError::Wrong(error.to_string()))
    }
}

/// `count` places in a disc, evenly spread, nearest first; the last one is almost at its rim.
pub(super) fn around(center: Place, radius_km: f64, count: usize) -> Vec<Place> {
    let share =
        |place: usize| super::statistics::number(place + 1) / super::statistics::number(count);
    (0..count)
        .map(|place| {
            // The golden angle: neighbours in distance are far apart in direction.
            let direction = super::statistics::number(place) * 2.399_963;
            center.towards(direction, 0.99 * radius_km * share(place).sqrt())
        })
        .collect()
}

/// Draws places as people live, the same ones each time.
#[derive(Debug)]
pub(super) struct Settlement {
    random: StdRng,
    people: f64,
    towns: Vec<Vec<Place>>,
}

impl Settlement {
    pub(super) fn new() -> Self {
        let mut random = StdRng::seed_from_u64(20_260_224);
        let towns = CITIES.map(|(lat, lng, _)| {
            let city = Place { lat, lng };
            let town = |_| {
                let (direction, share): (f64, f64) = (angle(&mut random), random.random());
                city.towards(direction, AROUND_KM * share.sqrt())
            };
            (0..TOWNS).map(town).collect()
        });
        Self {
            random,
            people: CITIES.iter().map(|(_, _, people)| people).sum(),
            towns: towns.into(),
        }
    }

    /// Of ten, six in the city, three in one of its towns, one in the country.
    pub(super) fn draw(&mut self) -> Place {
        let city = self.city();
        let (lat, lng, millions) = CITIES[city];
        let center = Place { lat, lng };
        let kind: f64 = self.random.random();
        if kind < 0.6 {
            self.scattered(center, SPREAD_KM * millions.sqrt())
        } else if kind < 0.9 {
            let town = self.towns[city][self.random.random_range(0..TOWNS)];
            self.scattered(town, TOWN_SPREAD_KM)
        } else {
            let share: f64 = self.random.random();
            let direction = angle(&mut self.random);
            center.towards(direction, AROUND_KM * share.sqrt())
        }
    }

    fn city(&mut self) -> usize {
        let mut left = self.random.random::<f64>() * self.people;
        for (place, (_, _, people)) in CITIES.iter().enumerate() {
            left -= people;
            if left < 0.0 {
                return place;
            }
        }
        0
    }

    /// Around a centre, falling off exponentially.
    fn scattered(&mut self, center: Place, spread_km: f64) -> Place {
        let share: f64 = self.random.random();
        let direction = angle(&mut self.random);
        center.towards(direction, -spread_km * (1.0 - share).ln())
    }
}

fn angle(random: &mut StdRng) -> f64 {
    random.random::<f64>() * std::f64::consts::TAU
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_directions_agree() {
        for (direction, km) in [(0.0, 1.0), (1.5, 20.0), (4.0, 49.0)] {
            let there = HOME.towards(direction, km);
            let found = HOME.distance_km(there);
            assert!((found - km).abs() < km * 0.01, "{km}: {found}");
        }
        let everyone = around(HOME, 5.0, 500);
        assert!(everyone.iter().all(|one| HOME.distance_km(*one) < 5.0));
        assert!(HOME.distance_km(everyone[499]) > 4.9);
    }

    #[test]
    fn many_live_in_cities_and_always_in_the_same() {
        let draw = || {
            let mut settlement = Settlement::new();
            (0..2_000).map(|_| settlement.draw()).collect::<Vec<_>>()
        };
        let places = draw();
        assert_eq!(places, draw());
        let near = |km| {
            let near = places.iter().filter(|one| HOME.distance_km(**one) < km);
            near.count()
        };
        assert!(near(50.0) > 30, "{}", near(50.0));
        assert!(near(50.0) < 300);
        assert!(places.iter().all(|one| one.geohash().unwrap().len() == 12));
    }
}
