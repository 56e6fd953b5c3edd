import {expect} from '@open-wc/testing';
import {TrunkError, type WireError} from '../../src/wire/error.js';

/** As it arrives at the other end of a port. */
async function across<T>(value: T): Promise<T> {
  const {port1, port2} = new MessageChannel();
  const arrived = new Promise<T>(resolve => {
    port2.onmessage = ({data}) => resolve(data as T);
  });
  port1.postMessage(value);
  const result = await arrived;
  port1.close();
  return result;
}

describe('TrunkError', () => {
  it('survives a port: code, message and the text of its cause', async () => {
    const error = new TrunkError('forbidden', 'Not here.', new Error('42501'));
    const rebuilt = TrunkError.fromWire(await across(error.toWire()));
    expect(rebuilt).to.be.instanceOf(TrunkError).and.instanceOf(Error);
    expect({code: rebuilt.code, message: rebuilt.message, cause: rebuilt.cause, name: rebuilt.name}).to.deep.equal({
      code: 'forbidden',
      message: 'Not here.',
      cause: '42501',
      name: 'TrunkError',
    });
    expect(rebuilt.toWire()).to.deep.equal(error.toWire());
  });

  it('is plain data on the wire even when its cause is not', async () => {
    const error = new TrunkError('internal', 'x', () => 'no clone of me');
    expect((await across(error.toWire())).cause).to.contain('no clone of me');
  });

  it('has no cause where there was none', () => {
    const error = new TrunkError('closed', 'Closed.');
    expect(error).not.to.have.own.property('cause');
    expect(error.toWire()).to.deep.equal({code: 'closed', message: 'Closed.'} satisfies WireError);
  });

  it('makes one of anything thrown, and leaves its own kind alone', () => {
    const error = new TrunkError('closed', 'Closed.');
    expect(TrunkError.from(error)).to.equal(error);
    const copy = Object.assign(new Error('Closed.'), {name: 'TrunkError', code: 'closed'});
    expect(TrunkError.from(copy)).to.equal(copy);
    const cause = new TypeError('x is not a function');
    expect(TrunkError.from(cause)).to.deep.include({code: 'internal', cause});
    expect(TrunkError.from(cause).message).to.contain('x is not a function');
    expect(TrunkError.from('text').message).to.contain('text');
    expect(TrunkError.from(undefined).code).to.equal('internal');
  });
});
