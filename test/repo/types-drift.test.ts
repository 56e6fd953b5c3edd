import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {currentTypes, generateTypes, header} from '../gen-types.js';

describe('the generated database types', () => {
  it('were made from the migrations as they are', () => {
    assert.ok(currentTypes().startsWith(header()), 'The migrations changed: run npm run gen:types.');
  });

  it('are what the Supabase CLI makes of a database with the migrations', async context => {
    const types = await generateTypes();
    if (types === null) return context.skip('npx can’t fetch the Supabase CLI here');
    assert.equal(currentTypes(), types, 'Run npm run gen:types.');
  });
});
