// The requests that somebody on this page has made or was told of, and what was seen of their life.

/** The states in which nothing more is expected. */
const OVER = new Set(["COMPLETED", "CANCELLED", "EXPIRED", "Completed", "Cancelled", "completed", "cancelled", "rejected"]);

export const requests = new (class extends EventTarget {
  #all = new Map();
  selected = null;

  /**
   * Takes what somebody learnt of a request: `{id, kind, title, status, place, radius_km, by, told, log}`. What is
   * left out stays. `told` is `{account, distance_km}`, `log` is `{at, who, text}`.
   */
  learn(news) {
    if (!news?.id) return;
    const known = this.#all.get(news.id) ?? { id: news.id, title: "A request", since: Date.now(), told: new Map(), log: [] };
    for (const field of ["kind", "title", "status", "place", "radius_km", "by", "taker"]) {
      if (news[field] !== undefined && news[field] !== null) known[field] = news[field];
    }
    if (news.told) known.told.set(news.told.account, news.told.distance_km ?? null);
    if (news.log) known.log.push(news.log);
    this.#all.set(news.id, known);
    this.dispatchEvent(new CustomEvent("change", { detail: known }));
  }

  select(id) {
    this.selected = id;
    this.dispatchEvent(new CustomEvent("select", { detail: this.get(id) }));
  }

  get(id) {
    return this.#all.get(id) ?? null;
  }

  /** Newest first. */
  get list() {
    return [...this.#all.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
  }

  ofKind(kind) {
    return this.list.filter((request) => !kind || request.kind === kind);
  }

  isOver(request) {
    return OVER.has(request.status);
  }
})();
