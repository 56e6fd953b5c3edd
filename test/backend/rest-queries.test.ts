// Odd but legal reads, with the answer PostgREST's documentation and tests give.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {useRest} from '../support/rest.js';

const {ask} = await useRest();

const cases: [path: string, wanted: unknown][] = [
  // An empty embed filters, and shows nothing; so does one that holds empty embeds only.
  ['t?select=id,kids()&kids=not.is.null&order=id', [{id: 1}, {id: 2}]],
  ['t?select=id,t_tags(tags())&id=eq.1', [{id: 1}]],
  ['t?select=id,kids!inner()&kids.label=eq.z', [{id: 2}]],
  // An embed's being there, in logic of any depth.
  ['t?select=id,kids()&or=(kids.not.is.null,id.eq.3)&order=id', [{id: 1}, {id: 2}, {id: 3}]],
  ['t?select=id,kids(),one()&and=(kids.not.is.null,one.is.null)', [{id: 2}]],
  ['t?select=id,k:kids()&not.or=(k.is.null,id.eq.2)', [{id: 1}]],
  ['t?select=id,one()&or=(and(one.is.null,id.gt.3),one.not.is.null)&order=id', [{id: 1}, {id: 4}]],
  ['kids?select=id,t()&t.id=eq.2&or=(t.not.is.null,label.eq.x)&order=id', [{id: 1}, {id: 3}]],
  // Through views: either side, of columns with other names, and a view of a view.
  [
    't_view?select=id,kids(id)&order=id&limit=2',
    [
      {id: 1, kids: [{id: 1}, {id: 2}]},
      {id: 2, kids: [{id: 3}]},
    ],
  ],
  ['kids?select=id,t_view(loud)&id=eq.3', [{id: 3, t_view: {loud: 'BETA'}}]],
  ['kids_view?select=label,t(name)&id=eq.3', [{label: 'z', t: {name: 'beta'}}]],
  ['kids_view?select=label,parent(name)&id=eq.3', [{label: 'z', parent: {name: 'beta'}}]],
  ['t_view?select=id,kids_view(label)&id=eq.2', [{id: 2, kids_view: [{label: 'z'}]}]],
  ['t_view_view?select=vid,kids(id),one(extra)&vid=eq.1', [{vid: 1, kids: [{id: 1}, {id: 2}], one: {extra: 'e1'}}]],
  ['t_view?select=id,tags(tag)&id=eq.2', [{id: 2, tags: [{tag: 'red'}]}]],
  ['tags?select=tag,t_view(title)&id=eq.2', [{tag: 'blue', t_view: [{title: 'alpha'}]}]],
  ['kids?select=id,t_id(name)&id=eq.3', [{id: 3, t_id: {name: 'beta'}}]],
  // Filters, orders and limits inside embeds inside embeds.
  [
    'tags?select=id,t(id,kids(label))&t.kids.order=label.desc&t.kids.limit=1&t.order=id.desc&id=eq.1',
    [
      {
        id: 1,
        t: [
          {id: 2, kids: [{label: 'z'}]},
          {id: 1, kids: [{label: 'y'}]},
        ],
      },
    ],
  ],
  ['t?select=id,kids(label)&kids.or=(label.eq.x,label.eq.z)&id=eq.1', [{id: 1, kids: [{label: 'x'}]}]],
  ['t?select=id,a:kids(label),b:kids(id)&a.label=eq.x&b.id=eq.2&id=eq.1', [{id: 1, a: [{label: 'x'}], b: [{id: 2}]}]],
  ['t?select=id,kids!kids_t_id_fkey!inner(label)&kids.label=eq.z', [{id: 2, kids: [{label: 'z'}]}]],
  ['t?select=id,tags!t_tags(tag)&id=eq.2', [{id: 2, tags: [{tag: 'red'}]}]],
  ['kids?select=id,t!left(name)&id=eq.1', [{id: 1, t: {name: 'alpha'}}]],
  ['kids?select=id,...t(name,...one(extra))&id=eq.1', [{id: 1, name: 'alpha', extra: 'e1'}]],
  ['kids?select=id,..t(tn:name)&id=eq.1', [{id: 1, tn: 'alpha'}]],
  [
    'kids?select=id,t(name)&order=t(name).desc,id.desc',
    [
      {id: 3, t: {name: 'beta'}},
      {id: 2, t: {name: 'alpha'}},
      {id: 1, t: {name: 'alpha'}},
    ],
  ],
  ['kids?select=id,up:t(name)&order=up(data->num).desc.nullslast,id&limit=1', [{id: 1, up: {name: 'alpha'}}]],
  [
    't?select=id,kids(count)&id=in.(1,3)&order=id',
    [
      {id: 1, kids: [{count: 2}]},
      {id: 3, kids: [{count: 0}]},
    ],
  ],
  ['t?select=count', [{count: 4}]],
  // Columns, casts, aliases, JSON.
  ['t?select=big::text,s:n::text,id::float8&id=eq.1', [{big: '9007199254740993', s: '1', id: 1}]],
  ['t?select=x:data->a->b->>-1,data->>k::text&id=eq.1', [{x: '20', k: 'v'}]],
  ['t?select=data->>"odd key"&id=eq.1', [{'odd key': '1'}]],
  ['t?select=arr->0,last:arr->>-1&id=eq.1', [{arr: 1, last: '2'}]],
  ['t?select=loud_name,id&loud_name=eq.BETA', [{loud_name: 'BETA', id: 2}]],
  ['t?select=id&order=loud_name.desc.nullslast&limit=1', [{id: 3}]],
  ['t?select=id&data->a->b->>0=eq.10', [{id: 1}]],
  ['t?select=id&data->num=gt.4', [{id: 1}]],
  ['t?select=id&order=data->num.desc.nullslast,id.desc', [{id: 1}, {id: 4}, {id: 3}, {id: 2}]],
  ['t?select=id&or=(data->>k.eq.v,data->>0.eq.1)&order=id', [{id: 1}, {id: 4}]],
  ['t?select=&id=lt.3', [{}, {}]],
  ['t?select= id , name &id=eq.1', [{id: 1, name: 'alpha'}]],
  // Values: quotes, commas, sets, patterns.
  ['t?select=id&name=in.("ga,mma","de\\"l(ta)")&order=id', [{id: 3}, {id: 4}]],
  ['t?select=id&or=(name.in.("ga,mma",beta),name.eq."de\\"l(ta)")&order=id', [{id: 2}, {id: 3}, {id: 4}]],
  ['t?select=id&name=eq.ga,mma', [{id: 3}]],
  ['t?select=id&or=(name.eq."x"y,name.eq."beta")', [{id: 2}]],
  ['t?select=id&name=in.("x"y,beta)', [{id: 2}]],
  ['t?select=id&name=not.in.(alpha,beta)&order=id', [{id: 3}, {id: 4}]],
  ['t?select=id&or=(name.like(any).{al*,be*},id.eq.4)&order=id', [{id: 1}, {id: 2}, {id: 4}]],
  ['t?select=id&name=not.ilike(all).{*A*,*T*}&order=id', [{id: 1}, {id: 3}]],
  ['t?select=id&id=eq(any).{1,3}&n=is.null', [{id: 3}]],
  ['t?select=id&n=not.isdistinct.2', [{id: 2}]],
  ['t?select=id&not.and=(id.gt.1,id.lt.4)&order=id', [{id: 1}, {id: 4}]],
  ['t?select=id&and=(id.gte.1,not.and(id.gt.1,id.lt.4),or(n.is.null,n.gt.0))&order=id', [{id: 1}, {id: 4}]],
  ['t?select=id&n=is.unknown', undefined],
  ['t?select=id&arr=cs.{1}', [{id: 1}]],
  ['t?select=id&arr=cd.{1,2,3}&order=id', [{id: 1}, {id: 2}, {id: 4}]],
  ['t?select=id&or=(arr.ov.{2,9},arr.eq.{3})&order=id', [{id: 1}, {id: 2}]],
  ['t?select=id&r=cs.3', undefined],
  ['t?select=id&r=ov.[4,7)&order=id', [{id: 1}, {id: 2}]],
  ['t?select=id&r=nxl.[5,9)', [{id: 2}]],
  ['t?select=id&r=nxr.[0,5)', [{id: 1}]],
  ['t?select=id&data=cd.{"a":null,"z":1}', [{id: 2}]],
  // Text search makes a tsvector of what is none, in the language asked for.
  ['t?select=id&body=fts.fox&order=id', [{id: 1}, {id: 4}]],
  ['t?select=id&body=fts(english).foxes&order=id', [{id: 1}, {id: 4}]],
  ['t?select=id&body=fts(simple).foxes', [{id: 4}]],
  ['t?select=id&words=wfts(english).lazy -fox', [{id: 2}]],
  ['t?select=id&data=fts(simple).v', [{id: 1}]],
  ['t?select=id&body=not.phfts(english).quick fox&order=id', [{id: 2}, {id: 4}]],
  ['t?select=id&or=(body.plfts(english).dog,id.eq.4)&order=id', [{id: 2}, {id: 4}]],
  // Functions.
  ['rpc/some_t?x=1&select=id,kids(label)&id=lt.3', [{id: 2, kids: [{label: 'z'}]}]],
  ['rpc/some_t?select=id&order=id.desc&limit=2&offset=1', [{id: 3}, {id: 2}]],
  ['rpc/some_t?select=id&or=(id.eq.1,name.eq.beta)', [{id: 1}, {id: 2}]],
  ['rpc/one_t?select=id,kids(id)', {id: 1, kids: [{id: 1}, {id: 2}]}],
  ['rpc/one_t?select=id&id=eq.99', null],
  ['rpc/sum_up?list={1,2,3}', 6],
  ['rpc/joined?v=a&v=b', 'a-b'],
  ['rpc/joined?v={a,b}', 'a-b'],
  ['rpc/ints?limit=2', [1, 2]],
  ['rpc/greet?who=ab&times=2', 'abab'],
];

describe('reads', () => {
  for (const [path, wanted] of cases) {
    test(path, async () => {
      const said = await ask(path);
      if (wanted === undefined) assert.match(said.code ?? '', /^\w{5}$/, said.text);
      else assert.deepEqual(said.json, wanted, said.text);
      if (wanted !== undefined) assert.ok(said.status < 300, said.text);
    });
  }
});

describe('media', () => {
  for (const [accept, type, text] of [
    ['application/vnd.pgrst.object+json', 'application/vnd.pgrst.object+json; charset=utf-8', '{"id":3,"n":null}'],
    [
      'application/vnd.pgrst.object+json;nulls=stripped',
      'application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8',
      '{"id":3}',
    ],
    [
      'application/vnd.pgrst.array+json;nulls=stripped',
      'application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8',
      '[{"id":3}]',
    ],
    ['text/html, application/json;q=0.5, */*;q=0.1', 'application/json; charset=utf-8', '[{"id":3,"n":null}]'],
    ['application/json;q=0.1, text/csv', 'text/csv; charset=utf-8', 'id,n\n3,'],
    ['', 'application/json; charset=utf-8', '[{"id":3,"n":null}]'],
  ] as const) {
    test(`${accept || 'nothing said'} gets ${type}`, async () => {
      const said = await ask('t?select=id,n&id=eq.3', {headers: {accept}});
      assert.deepEqual([said.headers.get('content-type'), said.text], [type, text]);
    });
  }
});

describe('functions by POST', () => {
  for (const [what, path, type, body, wanted] of [
    ['a form', 'rpc/greet', 'application/x-www-form-urlencoded', 'who=a%26b+&times=2', 'a&b a&b '],
    ['a form with an array', 'rpc/sum_up', 'application/x-www-form-urlencoded', 'list={4,5}', 9],
    ['text for one unnamed argument', 'rpc/plain', 'text/plain', 'a & b', '<a & b>'],
    ['bytes for one unnamed argument', 'rpc/bytes', 'application/octet-stream', 'abc', 3],
    [
      'filters and an order',
      'rpc/some_t?select=id&id=gt.2&order=id.desc',
      'application/json',
      '{"x":1}',
      [{id: 4}, {id: 3}],
    ],
    ['an array', 'rpc/sum_up', 'application/json', '{"list":[1,2]}', 3],
  ] as const) {
    test(what, async () => {
      const said = await ask(path, {method: 'POST', headers: {'content-type': type}, body});
      assert.deepEqual([said.status, said.json], [200, wanted], said.text);
    });
  }

  test('text for a function that takes none is not found', async () => {
    const said = await ask('rpc/greet', {method: 'POST', headers: {'content-type': 'text/plain'}, body: 'x'});
    assert.deepEqual([said.status, said.code], [404, 'PGRST202']);
  });
});

describe('refusals', () => {
  for (const [path, status, code] of [
    ['t?select=id,kids()&kids=eq.5', 400, 'PGRST120'],
    ['t?select=id,kids()&or=(kids.eq.5,id.eq.1)', 400, 'PGRST120'],
    ['t?select=id,...kids(label)', 400, 'PGRST123'],
    ['t?select=n.sum()', 400, 'PGRST123'],
    ['t?select=count()', 400, 'PGRST123'],
    ['t?select=id,cousins(id)', 501, 'unsupported'],
    ['t_view?select=id,pair(a)', 400, 'PGRST200'],
    ['t?select=id&order=kids(id)', 400, 'PGRST108'],
    ['t?select=id,kids(id)&order=kids(id)', 400, 'PGRST118'],
    ['t?select=id&id=is.5', 400, 'PGRST100'],
    ['t?select=id&id=in.1', 400, 'PGRST100'],
    ['t?select=id&or=(id.eq.1', 400, 'PGRST100'],
    ['t?select=id&or=()', 400, 'PGRST100'],
    ['t?select=kids.label', 400, 'PGRST100'],
    ['t?select=id::varchar(2)', 400, 'PGRST100'],
    ['t?select=arr::text[]', 400, 'PGRST100'],
    ['t?select=id;name', 400, 'PGRST100'],
    ['t?select=id&na@me=eq.1', 400, 'PGRST100'],
    ['t?select=id&body=fts().fox', 400, 'PGRST100'],
    ['t?select=id&order=id.nullsfirst.desc', 400, 'PGRST100'],
    ['t?select=id&order=id.asc.desc', 400, 'PGRST100'],
    ['t?select=id&order=', 400, 'PGRST100'],
  ] as const) {
    test(`${path} is ${status} ${code}`, async () => {
      const said = await ask(path);
      assert.deepEqual([said.status, said.code], [status, code], said.text);
    });
  }
});
