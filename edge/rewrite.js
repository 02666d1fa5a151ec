// Turns the seeds' socket paths into the WebSocket API's own address: what the path says goes into
// `channel` and `id` of the query, before what the client says there. Runs in CloudFront on every
// request whose path begins with /ws/, and nowhere else; `edge/cases.json` says what must come of it,
// there and in the local cloud's edge (local/src/gateway/edge.rs).
//
// template.yaml holds the same text, with the stage's name filled in.
const STAGE = '${Stage}';

function handler(event) {
    const request = event.request;
    const channel = channelOf(request.uri);
    if (channel === null) {
        return {
            statusCode: 404,
            statusDescription: 'Not Found',
            headers: { 'content-type': { value: 'application/json' } },
            body: '{"message":"Not Found"}',
        };
    }
    delete request.querystring.channel;
    delete request.querystring.id;
    request.querystring.channel = { value: channel.name };
    if (channel.id !== null) {
        request.querystring.id = { value: channel.id };
    }
    request.uri = '/' + STAGE;
    return request;
}

function channelOf(path) {
    const parts = (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
    const [nothing, ws, first, second, third] = parts;
    if (nothing !== '' || ws !== 'ws') {
        return null;
    }
    if (parts.length === 3 && (first === 'customer' || first === 'pharmacy')) {
        return { name: first, id: null };
    }
    if (parts.length === 4 && (first === 'user' || first === 'pharmacy') && second !== '') {
        return { name: first, id: encoded(second) };
    }
    if (parts.length === 4 && first === 'work' && (second === 'provider' || second === 'seeker')) {
        return { name: second, id: null };
    }
    if (parts.length === 5 && first === 'notifications' && second !== '' && third !== '') {
        return { name: encoded(second), id: encoded(third) };
    }
    return null;
}

// A part of a path is not yet a value of a query: `=` and `&` may stand in it as they are.
function encoded(part) {
    try {
        return encodeURIComponent(decodeURIComponent(part));
    } catch (malformed) {
        return encodeURIComponent(part);
    }
}
