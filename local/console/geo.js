// Places on the earth, as the stack counts them: WGS 84 degrees, kilometres on a sphere of 6371.0088 km.

const RADIUS_KM = 6371.0088;
export const KM_PER_DEGREE = (Math.PI * RADIUS_KM) / 180;

const radians = (degrees) => (degrees * Math.PI) / 180;

/** Kilometres from one place to the other (haversine). */
export function distanceKm(from, to) {
  const dLat = radians(to.lat - from.lat);
  const dLng = radians(to.lng - from.lng);
  const half = Math.sin(dLat / 2) ** 2
    + Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * Math.sin(dLng / 2) ** 2;
  return 2 * RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** A place of two numbers or texts; null if it is none. */
export function place(lat, lng) {
  if (lat === null || lng === null || lat === "" || lng === "" || lat === undefined || lng === undefined) return null;
  const point = { lat: Number(lat), lng: Number(lng) };
  const isOne = Math.abs(point.lat) <= 90 && Math.abs(point.lng) <= 180;
  return isOne ? point : null;
}

/** The place so many kilometres north and east. */
export function moved(from, northKm, eastKm) {
  const lat = from.lat + northKm / KM_PER_DEGREE;
  const lng = from.lng + eastKm / (KM_PER_DEGREE * Math.cos(radians(from.lat)));
  return { lat: round(lat), lng: round(lng) };
}

/** Six decimals are a tenth of a metre. */
export function round(degrees) {
  return Math.round(degrees * 1e6) / 1e6;
}

/** `0.80 km`, `12 km`, `350 m`. */
export function kilometres(distance) {
  if (!Number.isFinite(distance)) return "";
  if (distance < 0.1) return `${Math.round(distance * 1000)} m`;
  return distance < 10 ? `${distance.toFixed(2)} km` : `${distance.toFixed(1)} km`;
}

/** The largest of 1, 2, 5 · 10ⁿ that is not above `limit`. */
export function niceStep(limit) {
  const power = 10 ** Math.floor(Math.log10(limit));
  const factor = [5, 2, 1].find((one) => one * power <= limit) ?? 1;
  return factor * power;
}

/** A flat view around a centre: good for a city and its surroundings. North is up. */
export class View {
  constructor(center, pixelsPerKm, width, height) {
    Object.assign(this, { center, pixelsPerKm, width, height });
  }

  get #shrink() {
    return Math.max(0.01, Math.cos(radians(this.center.lat)));
  }

  /** Pixels of a place. */
  toScreen(point) {
    // The short way around the globe.
    const dLng = ((point.lng - this.center.lng + 540) % 360) - 180;
    return {
      x: this.width / 2 + dLng * this.#shrink * KM_PER_DEGREE * this.pixelsPerKm,
      y: this.height / 2 - (point.lat - this.center.lat) * KM_PER_DEGREE * this.pixelsPerKm,
    };
  }

  /** The place under a pixel. */
  toPlace(x, y) {
    const km = KM_PER_DEGREE * this.pixelsPerKm;
    const lat = this.center.lat - (y - this.height / 2) / km;
    const lng = this.center.lng + (x - this.width / 2) / (km * this.#shrink);
    return {
      lat: round(Math.max(-90, Math.min(90, lat))),
      lng: round(((lng + 540) % 360 + 360) % 360 - 180),
    };
  }

  /** The same, with those places in it and some room around them. */
  around(points) {
    if (points.length === 0) return this;
    const lats = points.map((point) => point.lat);
    const lngs = points.map((point) => point.lng);
    const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
    const center = { lat: middle(lats), lng: middle(lngs) };
    const high = (Math.max(...lats) - Math.min(...lats)) * KM_PER_DEGREE;
    const wide = (Math.max(...lngs) - Math.min(...lngs)) * KM_PER_DEGREE * Math.cos(radians(center.lat));
    const fits = Math.min(this.width / (wide * 1.3 + 1), this.height / (high * 1.3 + 1));
    return new View(center, clampScale(fits), this.width, this.height);
  }

  /** The same from nearer or farther, with what is under that pixel where it is. */
  zoomed(factor, x = this.width / 2, y = this.height / 2) {
    const fixed = this.toPlace(x, y);
    const closer = new View(this.center, clampScale(this.pixelsPerKm * factor), this.width, this.height);
    const now = closer.toScreen(fixed);
    return closer.shifted(now.x - x, now.y - y);
  }

  /** The same, so many pixels to the right and down. */
  shifted(dx, dy) {
    const center = this.toPlace(this.width / 2 + dx, this.height / 2 + dy);
    return new View(center, this.pixelsPerKm, this.width, this.height);
  }
}

function clampScale(pixelsPerKm) {
  return Math.max(0.02, Math.min(20_000, pixelsPerKm));
}
