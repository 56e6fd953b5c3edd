// Writes that the official client seldom sends: PUT, CSV and forms, empty objects, headers only, and one object wanted back.
import assert from 'node:assert/strict';
import {afterEach, describe, test} from 'node:test';
import {useRest} from '../support/rest.js';

const {ask, rows} = await useRest();
const back = {prefer: 'return=representation'};
afterEach(() => rows('delete from public.made; delete from public.pair; delete from public.no_key'));

describe('PUT', () => {
  test('inserts one row (201) or takes its place (200), and says nothing unless asked (204)', async () => {
    const put = (body: unknown, headers = {}) => ask('pair?a=eq.1&b=eq.2', {method: 'PUT', body, headers});
    const made = await put({a: 1, b: 2, c: 'x'}, back);
    assert.deepEqual([made.status, made.json], [201, [{a: 1, b: 2, c: 'x'}]]);
    const changed = await put({a: 1, b: 2, c: 'y'}, back);
    assert.deepEqual([changed.status, changed.json], [200, [{a: 1, b: 2, c: 'y'}]]);
    const silent = await put([{a: 1, b: 2, c: 'z'}]);
    assert.deepEqual([silent.status, silent.text], [204, '']);
    assert.deepEqual(await rows('select * from public.pair'), [{a: 1, b: 2, c: 'z'}]);
  });

  for (const [what, path, body, status, code] of [
    ['without a filter', 'pair', {a: 1, b: 2}, 405, 'PGRST105'],
    ['with part of the key', 'pair?a=eq.1', {a: 1, b: 2}, 405, 'PGRST105'],
    ['with another operator', 'pair?a=gt.0&b=eq.2', {a: 1, b: 2}, 405, 'PGRST105'],
    ['with a negated operator', 'pair?a=not.eq.0&b=eq.2', {a: 1, b: 2}, 405, 'PGRST105'],
    ['with another column', 'pair?a=eq.1&b=eq.2&c=eq.c', {a: 1, b: 2}, 405, 'PGRST105'],
    ['with logic', 'pair?a=eq.1&b=eq.2&or=(a.eq.1)', {a: 1, b: 2}, 405, 'PGRST105'],
    ['to a table without a key', 'no_key?a=eq.1', {a: 1, b: 'x'}, 405, 'PGRST105'],
    ['with another key in its body', 'pair?a=eq.1&b=eq.2', {a: 1, b: 3}, 400, 'PGRST115'],
    [
      'with two rows',
      'pair?a=eq.1&b=eq.2',
      [
        {a: 1, b: 2},
        {a: 1, b: 3},
      ],
      200,
      undefined,
    ],
    ['with no row', 'pair?a=eq.1&b=eq.2', [], 400, 'PGRST115'],
    ['with a limit', 'pair?a=eq.1&b=eq.2&limit=1', {a: 1, b: 2}, 400, 'PGRST114'],
    ['to a function', 'rpc/nothing', {}, 405, 'PGRST101'],
  ] as const) {
    test(`${what} is ${status} ${code}`, async () => {
      const said = await ask(path, {method: 'PUT', body});
      assert.deepEqual([said.status === 204 ? 200 : said.status, said.code], [status, code], said.text);
      if (status !== 200) assert.deepEqual(await rows('select * from public.pair'), []);
    });
  }
});

describe('bodies', () => {
  test('as many empty objects as there are make as many rows', async () => {
    for (const [body, wanted] of [
      [{}, 1],
      [[{}], 1],
      [[{}, {}, {}], 3],
      [[], 0],
    ] as const) {
      const said = await ask('made?select=n,note', {method: 'POST', headers: back, body});
      assert.equal(said.status, 201);
      assert.deepEqual(
        said.json,
        Array.from({length: wanted}, () => ({n: 7, note: 'dflt'})),
      );
    }
  });

  test('merging nothing made nothing, so it is 200', async () => {
    const said = await ask('made', {method: 'POST', headers: {prefer: 'resolution=merge-duplicates'}, body: []});
    assert.equal(said.status, 200);
  });

  test('CSV: quoted fields, NULL, and lines of one length', async () => {
    const csv = (body: string) =>
      ask('made?select=id,n,note', {method: 'POST', headers: {...back, 'content-type': 'text/csv'}, body});
    const said = await csv('id,n,note\n1,5,"a ""b"", c\nd"\r\n2,NULL,plain\n');
    assert.deepEqual(said.json, [
      {id: 1, n: 5, note: 'a "b", c\nd'},
      {id: 2, n: null, note: 'plain'},
    ]);
    for (const broken of ['id,n\n1\n', 'id,n\n1,2,3', '', 'id,n\n"1,2']) {
      const refused = await csv(broken);
      assert.deepEqual([refused.status, refused.code], [400, 'PGRST102'], broken);
    }
  });

  test('a form is one row of text', async () => {
    const form = {...back, 'content-type': 'application/x-www-form-urlencoded'};
    const said = await ask('made?select=id,note', {method: 'POST', headers: form, body: 'id=5&note=a+b%26c'});
    assert.deepEqual(said.json, [{id: 5, note: 'a b&c'}]);
  });

  test('another type is refused with PostgREST’s words', async () => {
    const said = await ask('made', {method: 'POST', headers: {'content-type': 'text/plain'}, body: 'x'});
    assert.deepEqual([said.status, said.code], [400, 'PGRST102']);
    assert.equal((said.json as {message: string}).message, 'Content-Type not acceptable: text/plain');
  });

  test('columns= chooses, missing=default fills in, on an update, too', async () => {
    await ask('made', {method: 'POST', body: {id: 1, n: 1, note: 'x'}});
    const headers = {prefer: 'return=representation, missing=default'};
    const said = await ask('made?id=eq.1&columns=n,note&select=n,note', {
      method: 'PATCH',
      headers,
      body: {n: 2, id: 9},
    });
    assert.deepEqual(said.json, [{n: 2, note: 'dflt'}]);
  });

  test('a scalar body is no row at all; a list of scalars is refused', async () => {
    assert.deepEqual((await ask('made', {method: 'POST', headers: back, body: '5'})).json, []);
    assert.equal((await ask('made', {method: 'POST', body: '[5]'})).code, 'PGRST102');
  });
});

describe('answers', () => {
  test('headers-only tells where the one new row is', async () => {
    const headers = {prefer: 'return=headers-only'};
    const one = await ask('pair', {method: 'POST', headers, body: {a: 1, b: 2}});
    assert.deepEqual([one.status, one.text, one.headers.get('location')], [201, '', '/pair?a=eq.1&b=eq.2']);
    assert.equal(one.headers.get('preference-applied'), 'return=headers-only');
    const two = await ask('pair', {
      method: 'POST',
      headers,
      body: [
        {a: 3, b: 4},
        {a: 5, b: 6},
      ],
    });
    assert.equal(two.headers.get('location'), null);
    const none = await ask('no_key', {method: 'POST', headers, body: {a: 1}});
    assert.equal(none.headers.get('location'), null);
    assert.equal((await ask('pair', {method: 'POST', body: {a: 8, b: 8}})).headers.get('location'), null);
  });

  test('an update says how many rows in Content-Range, a delete and an insert only when counting', async () => {
    await ask('made', {method: 'POST', body: [{id: 1}, {id: 2}, {id: 3}]});
    const ranges = [];
    for (const [method, path, prefer] of [
      ['PATCH', 'made?id=lt.3', ''],
      ['PATCH', 'made?id=lt.3', 'count=exact'],
      ['PATCH', 'made?id=eq.99', ''],
      ['DELETE', 'made?id=eq.1', ''],
      ['DELETE', 'made?id=eq.2', 'count=exact'],
    ] as const) {
      const said = await ask(path, {method, headers: {prefer}, ...(method === 'PATCH' ? {body: {n: 3}} : {})});
      ranges.push(said.headers.get('content-range'));
    }
    assert.deepEqual(ranges, ['0-1/*', '0-1/2', '*/*', '*/*', '*/1']);
  });

  test('one object wanted of a silent write of two undoes it', async () => {
    await ask('made', {method: 'POST', body: [{id: 1}, {id: 2}]});
    const headers = {accept: 'application/vnd.pgrst.object+json'};
    const said = await ask('made?id=gt.0', {method: 'PATCH', headers, body: {n: 3}});
    assert.deepEqual([said.status, said.code], [406, 'PGRST116']);
    assert.deepEqual(await rows('select distinct n from public.made'), [{n: 7}]);
  });

  test('ignoring duplicates in a table without a key is a plain insert', async () => {
    const headers = {prefer: 'resolution=ignore-duplicates, return=representation'};
    const said = await ask('no_key', {method: 'POST', headers, body: {a: 1, b: 'x'}});
    assert.deepEqual([said.status, said.json], [201, [{a: 1, b: 'x'}]]);
    assert.equal(said.headers.get('preference-applied'), 'return=representation');
  });
});

describe('CSV out', () => {
  const headers = {accept: 'text/csv'};
  test('a line of names, then rows as Postgres writes them', async () => {
    const said = await ask('t?select=id,name,arr,data->a&order=id', {headers});
    assert.equal(said.headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.equal(
      said.text,
      [
        'id,name,arr,a',
        '1,alpha,"{1,2}","{""b"": [10, 20]}"',
        '2,beta,{3},null',
        '3,"ga,mma",,',
        '4,"de""l(ta)",{},',
      ].join('\n'),
    );
  });

  test('of no rows, a function, a single value and what was written', async () => {
    assert.equal((await ask('t?id=eq.0', {headers})).text, '\n');
    assert.equal((await ask('rpc/some_t?select=id,name&limit=1', {headers})).text, 'id,name\n1,alpha');
    assert.equal((await ask('rpc/ints', {headers})).text, 'pgrst_scalar\n1\n2\n3');
    assert.equal((await ask('rpc/sum_up?list={1,2}', {headers})).text, 'pgrst_scalar\n3');
    const written = await ask('made?select=id,n', {method: 'POST', headers: {...headers, ...back}, body: {id: 6}});
    assert.equal(written.text, 'id,n\n6,7');
  });
});
