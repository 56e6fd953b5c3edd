// Which rows of how many: limit, offset, Range and counts, with the status and Content-Range that PostgREST's RangeQuery.hs gives.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {useRest} from '../support/rest.js';

const {ask, rows} = await useRest();
const exact = {prefer: 'count=exact'};

describe('ranges', () => {
  for (const [path, headers, status, range, body] of [
    ['t?select=id&offset=4', exact, 206, '*/4', []],
    ['t?select=id&limit=0', exact, 206, '*/4', []],
    ['t?select=id&limit=0', {}, 200, '*/*', []],
    ['t?select=id&id=eq.99', exact, 200, '*/0', []],
    ['t?select=id&order=id&limit=2&offset=1', exact, 206, '1-2/4', [{id: 2}, {id: 3}]],
    ['t?select=id&order=id&limit=abc&offset=zz', exact, 200, '0-3/4', [{id: 1}, {id: 2}, {id: 3}, {id: 4}]],
    ['t?select=id&order=id', {range: '1-2'}, 200, '1-2/*', [{id: 2}, {id: 3}]],
    ['t?select=id&order=id&limit=1', {range: '1-2'}, 416, null, undefined],
    ['t?select=id&order=id&limit=3', {range: '1-5'}, 200, '1-2/*', [{id: 2}, {id: 3}]],
    ['t?select=id&order=id&offset=3', {range: '0-9'}, 200, '3-3/*', [{id: 4}]],
    ['t?select=id&order=id', {range: 'bytes=0-1'}, 200, '0-3/*', [{id: 1}, {id: 2}, {id: 3}, {id: 4}]],
    ['rpc/some_t?select=id&limit=1&offset=1', exact, 206, '1-1/4', [{id: 2}]],
  ] as const) {
    test(`${path} ${JSON.stringify(headers)} is ${status} ${range}`, async () => {
      const said = await ask(path, {headers});
      assert.equal(said.status, status, said.text);
      assert.equal(said.headers.get('content-range'), range);
      if (body) assert.deepEqual(said.json, body);
    });
  }

  for (const [path, headers, details] of [
    ['t?offset=5', exact, 'An offset of 5 was requested, but there are only 4 rows.'],
    ['t', {range: '3-1'}, 'The lower boundary must be lower than or equal to the upper boundary in the Range header.'],
    ['t?limit=-1', {}, 'Limit should be greater than or equal to zero.'],
  ] as const) {
    test(`${path} ${JSON.stringify(headers)} is 416`, async () => {
      const said = await ask(path, {headers});
      assert.deepEqual([said.status, said.code], [416, 'PGRST103']);
      assert.equal((said.json as {details: string}).details, details);
    });
  }

  test('a Range header is for reading: a write is not cut by it', async () => {
    const said = await ask('t?id=gt.0&select=id', {
      method: 'PATCH',
      headers: {range: '0-0', prefer: 'return=representation'},
      body: {note: 'ranged'},
    });
    assert.equal((said.json as unknown[]).length, 4);
  });

  test('limit and offset are nothing to a write: all its rows change and all come back', async () => {
    const said = await ask('t?id=gt.0&select=id,kids(id)&order=id.desc&limit=1&offset=1&kids.limit=1', {
      method: 'PATCH',
      headers: {prefer: 'return=representation'},
      body: {note: 'limited'},
    });
    assert.deepEqual(said.json, [
      {id: 4, kids: []},
      {id: 3, kids: []},
      {id: 2, kids: [{id: 3}]},
      {id: 1, kids: [{id: 1}, {id: 2}]},
    ]);
    assert.deepEqual(await rows(`select count(*)::int as n from public.t where note = 'limited'`), [{n: 4}]);
  });

  test('Content-Location names what was read, sorted', async () => {
    const said = await ask('t?select=id&id=eq.1');
    assert.equal(said.headers.get('content-location'), '/t?id=eq.1&select=id');
  });
});

describe('preferences', () => {
  for (const [prefer, applied, range] of [
    ['count=bogus', null, '0-3/*'],
    ['count=exact, count=planned', 'count=exact', '0-3/4'],
    ['return=representation, count=estimated', 'count=estimated', '0-3/4'],
    ['tx=rollback', null, '0-3/*'],
    ['handling=lenient, colour=blue', 'handling=lenient', '0-3/*'],
    ['timezone=Nowhere/At_All', null, '0-3/*'],
  ] as const) {
    test(`on a read, ${prefer} applies ${applied}`, async () => {
      const said = await ask('t?select=id', {headers: {prefer}});
      assert.equal(said.status, 200, said.text);
      assert.deepEqual([said.headers.get('preference-applied'), said.headers.get('content-range')], [applied, range]);
    });
  }

  for (const prefer of ['count=bogus', 'return=all', 'resolution=x', 'timezone=Nowhere/At_All', 'missing=maybe']) {
    test(`${prefer} is refused under handling=strict`, async () => {
      const said = await ask('t', {headers: {prefer: `handling=strict, ${prefer}`}});
      assert.deepEqual([said.status, said.code], [400, 'PGRST122']);
      assert.equal((said.json as {details: string}).details, `Invalid preferences: ${prefer}`);
    });
  }

  test('a time zone is the transaction’s, and applied is what was', async () => {
    const said = await ask('rpc/zone', {headers: {prefer: 'timezone=America/Los_Angeles'}});
    assert.deepEqual(
      [said.json, said.headers.get('preference-applied')],
      ['America/Los_Angeles', 'timezone=America/Los_Angeles'],
    );
    assert.notEqual((await ask('rpc/zone')).json, 'America/Los_Angeles');
  });

  test('a write lists what it applied in PostgREST’s order, a planned count not being one', async () => {
    const upsert = await ask('made', {
      method: 'POST',
      headers: {prefer: 'return=minimal, count=exact, missing=default, resolution=merge-duplicates'},
      body: {id: 1, n: 1},
    });
    assert.equal(
      upsert.headers.get('preference-applied'),
      'resolution=merge-duplicates, missing=default, return=minimal, count=exact',
    );
    assert.equal(upsert.headers.get('content-range'), '*/1');
    const planned = await ask('made?id=eq.1', {method: 'PATCH', headers: {prefer: 'count=planned'}, body: {n: 2}});
    assert.equal(planned.headers.get('content-range'), '0-0/*');
    const keyless = await ask('no_key', {
      method: 'POST',
      headers: {prefer: 'resolution=merge-duplicates'},
      body: {a: 1},
    });
    assert.deepEqual([keyless.status, keyless.headers.get('preference-applied')], [201, null]);
  });

  test('max-affected counts a function’s rows, and wants a function of many', async () => {
    const strict = {prefer: 'handling=strict, max-affected=2'};
    assert.equal((await ask('rpc/some_t', {method: 'POST', headers: strict, body: {}})).code, 'PGRST124');
    assert.equal((await ask('rpc/one_t', {method: 'POST', headers: strict, body: {}})).code, 'PGRST128');
    assert.equal((await ask('rpc/some_t', {method: 'POST', headers: strict, body: {x: 2}})).status, 200);
  });
});
