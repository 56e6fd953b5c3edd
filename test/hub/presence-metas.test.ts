import {expect} from '@open-wc/testing';
import {PresenceMetas} from '../../src/hub/supabase/presence-metas.js';

const meta = (ref: string, chat = 'a', previous?: string) => {
  return {metas: [{phx_ref: ref, chat, ...(previous ? {phx_ref_prev: previous} : {})}]};
};

function given() {
  const metas = new PresenceMetas();
  const here = () =>
    Object.fromEntries([...metas.state].map(([key, list]) => [key, list.map(each => each['chat']).join()]));
  return {metas, here};
}

describe('PresenceMetas', () => {
  it('takes an update for an update: the new one in, the old one out', () => {
    const {metas, here} = given();
    metas.reset({ada: meta('1'), grace: meta('2')});
    expect(metas.apply({ada: meta('3', 'b', '1')}, {ada: meta('1')})).to.deep.equal(new Set(['ada']));
    expect(here()).to.deep.equal({ada: 'b', grace: 'a'});
  });

  it('keeps a person with two browsers until both are gone', () => {
    const {metas, here} = given();
    metas.reset({});
    metas.apply({ada: meta('1', 'phone')}, {});
    metas.apply({ada: meta('2', 'desk')}, {});
    expect(here()).to.deep.equal({ada: 'phone,desk'});
    metas.apply({}, {ada: meta('1')});
    expect(here()).to.deep.equal({ada: 'desk'});
    metas.apply({}, {ada: meta('2'), nobody: meta('9')});
    expect(here()).to.deep.equal({});
  });

  it('waits with what comes before everybody was told', () => {
    const {metas, here} = given();
    expect(metas.apply({lin: meta('3')}, {ada: meta('1')})).to.equal(null);
    metas.reset({ada: meta('1'), grace: meta('2')});
    expect(here()).to.deep.equal({grace: 'a', lin: 'a'});
  });

  it('takes the same join twice for one', () => {
    const {metas, here} = given();
    metas.reset({});
    metas.apply({ada: meta('1')}, {});
    metas.apply({ada: meta('1')}, {});
    expect(here()).to.deep.equal({ada: 'a'});
  });

  it('takes a key for a key, whatever it is called', () => {
    const {metas} = given();
    metas.reset(JSON.parse('{"__proto__": {"metas": [{"phx_ref": "1"}]}, "toString": {"metas": [{"phx_ref": "2"}]}}'));
    expect([...metas.state.keys()]).to.deep.equal(['__proto__', 'toString']);
  });
});
