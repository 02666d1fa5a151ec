// Runs edge/rewrite.js as CloudFront would, on edge/cases.json, and sees that template.yaml has it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const source = read('rewrite.js');
const cases = JSON.parse(read('cases.json'));

// CloudFront takes at most 10 KB, and !Sub fills in whatever looks like a variable.
assert.ok(Buffer.byteLength(source) <= 10 * 1024, 'too large for a CloudFront function');
assert.deepEqual(source.match(/\$\{[^}]*\}/g), ['${Stage}'], 'variables of !Sub');
const indent = ' '.repeat(8);
const pasted = source.replace(/^(?=.)/gm, indent);
assert.ok(read('../template.yaml').includes(pasted), 'template.yaml has another edge/rewrite.js');

// No `require`, no `process`, no `console`: what CloudFront does not have is not there.
const sandbox = vm.createContext(Object.create(null));
vm.runInContext(source.replace('${Stage}', cases.stage), sandbox, { filename: 'rewrite.js' });

// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
function event(address) {
    const [uri, query = ''] = address.split('?');
    const querystring = {};
    for (const pair of query.split('&').filter(Boolean)) {
        const [name, value = ''] = pair.split('=');
        const before = querystring[name];
        if (before) {
            before.multiValue = [...(before.multiValue ?? [{ value: before.value }]), { value }];
            before.value = value;
        } else {
            querystring[name] = { value };
        }
    }
    return {
        version: '1.0',
        context: { eventType: 'viewer-request' },
        request: { method: 'GET', uri, querystring, headers: {}, cookies: {} },
    };
}

function address(request) {
    const pairs = Object.entries(request.querystring).flatMap(([name, { value, multiValue }]) =>
        (multiValue ?? [{ value }]).map((one) => `${name}=${one.value}`),
    );
    return pairs.length ? `${request.uri}?${pairs.join('&')}` : request.uri;
}

for (const [from, to] of Object.entries(cases.sockets)) {
    assert.equal(address(sandbox.handler(event(from))), to, from);
}
for (const from of cases.none) {
    const answer = sandbox.handler(event(from));
    assert.equal(answer.statusCode, 404, from);
    assert.deepEqual(JSON.parse(answer.body), { message: 'Not Found' });
}
console.log(`${Object.keys(cases.sockets).length + cases.none.length} cases hold`);
