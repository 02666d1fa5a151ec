// The stack that the page speaks to: the local cloud that serves it, or a deployed one that its address names.

const query = new URLSearchParams(location.search);

export const stack = {
  /** Where requests go, without a slash at the end. */
  api: (query.get("api") ?? "").replace(/\/+$/, ""),
  /** Where sockets go. */
  socket: query.get("socket") ?? "",
  /** Whether it is the local cloud, which shows its mail, pushes and tables. */
  isLocal: !query.get("api"),
  /** Memory that each function may have, by its name, in MiB. */
  memory: {},
};

/** Asks the local cloud where its sockets are. */
export async function discover() {
  if (!stack.isLocal) return;
  const own = await local("/_local/stack");
  if (own === null) return;
  // The page's own host, which is another name of the same machine where somebody typed another.
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  stack.socket = `${scheme}//${location.host}${new URL(own.socket_url).pathname}`;
  for (const [name, shown] of Object.entries(own.functions)) stack.memory[name] = shown.memory_mib;
}

/** What the local cloud itself knows; null where it does not answer. */
export async function local(path) {
  try {
    const answer = await fetch(path, { headers: { accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** One HTTP call: `{status, body, tookMs}`; status 0 when there was no answer. */
export async function call(method, path, { token, json, form, key } = {}) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (key) headers["idempotency-key"] = key;
  if (json !== undefined) headers["content-type"] = "application/json";
  const began = performance.now();
  const body = json === undefined ? form : JSON.stringify(json);
  try {
    const answer = await fetch(stack.api + path, { method, headers, body });
    const text = await answer.text();
    return {
      status: answer.status,
      ok: answer.ok,
      body: parse(text),
      retryAfter: answer.headers.get("retry-after"),
      tookMs: performance.now() - began,
    };
  } catch {
    return { status: 0, ok: false, body: { error: "The stack does not answer. Is it running?" }, tookMs: performance.now() - began };
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the server said was wrong, as a person reads it. */
export function words(answer) {
  const { body } = answer;
  const said = body?.error ?? body?.message ?? (typeof body === "string" && body.trim() ? body.slice(0, 300) : null);
  const sentence = typeof said === "string" ? said : `The server answered ${answer.status}`;
  const wait = answer.retryAfter ? ` Try again in ${answer.retryAfter} s.` : "";
  const trace = answer.status >= 500 && body?.request_id ? ` (request ${body.request_id})` : "";
  return sentence + wait + trace;
}
