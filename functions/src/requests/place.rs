//! The fields of a form that say where a need is and how far it reaches.

use callout_domain::geo::{GeoPoint, RadiusKm};

use crate::http::{Form, Given};

/// How a form calls them: `patient_lat`, `patient_lng`, `radius_km`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) lat: &'static str,
    pub(crate) lng: &'static str,
    pub(crate) radius: &'static str,
}

/// The place and the radius; each field that is wrong is a problem of its own, and then there are none.
pub(crate) fn around(form: &mut Form, names: Names) -> Option<(GeoPoint, RadiusKm)> {
    let center = point(form, names.lat, names.lng);
    let radius = form.required(names.radius, radius);
    center.zip(radius)
}

/// A place alone, by the names that its two halves have.
pub(crate) fn point(form: &mut Form, lat: &str, lng: &str) -> Option<GeoPoint> {
    let lat = form.required(lat, latitude);
    let lng = form.required(lng, longitude);
    lat.zip(lng)
        .and_then(|(lat, lng)| GeoPoint::new(lat, lng).ok())
}

/// A radius of 1 to 50 kilometres.
pub(crate) fn radius(given: Given<'_>) -> Result<RadiusKm, String> {
    let kilometres = given.number().map_err(str::to_owned)?;
    RadiusKm::new(kilometres).map_err(|error| error.to_string())
}

/// One half of a position, refused by itself so that both can be named.
fn latitude(given: Given<'_>) -> Result<f64, String> {
    let degrees = given.number().map_err(str::to_owned)?;
    let on_the_meridian = GeoPoint::new(degrees, 0.0).map_err(|error| error.to_string())?;
    Ok(on_the_meridian.lat())
}

fn longitude(given: Given<'_>) -> Result<f64, String> {
    let degrees = given.number().map_err(str::to_owned)?;
    let on_the_equator = GeoPoint::new(0.0, degrees).map_err(|error| error.to_string())?;
    Ok(on_the_equator.lng())
}
