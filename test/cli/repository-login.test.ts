// The login that the repository is fetched with.

import { expect, test } from 'vitest';
import { tokenOf } from '../../src/cli/compose-parts.ts';
import { secret } from '../../src/model/secret.ts';

type Login = Parameters<typeof tokenOf>[0];

test('a login in the address goes first, then what the forge is spoken to with, then the token alone', () => {
  const settings = (login: string | null, token: string | null): Login => ({
    repositoryLogin: login === null ? null : { username: 'ada', password: secret(login) },
    forge: { token: token === null ? null : secret(token) } as Login['forge'],
  });
  const forge = { token: 'of-the-forge' } as unknown as Parameters<typeof tokenOf>[1];
  expect(tokenOf(settings('in-the-address', 'alone'), forge)).toEqual({ token: 'in-the-address' });
  expect(tokenOf(settings(null, 'alone'), forge)).toEqual({ token: 'of-the-forge' });
  expect(tokenOf(settings(null, 'alone'), null)).toEqual({ token: 'alone' });
  expect(tokenOf(settings(null, null), null)).toEqual({});
});
