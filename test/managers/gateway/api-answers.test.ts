// Traefik's error messages, as a step quotes them.

import { expect, test } from 'vitest';
import { readTraefikAnswers, refusalsOf } from '../../../src/managers/gateway/traefik/api-answers.ts';
import type { JsonObject } from '../../../src/model/json.ts';

const router = { rule: 'Host(`a.x`)', service: 's', entryPoints: ['web'], middlewares: ['who'] };
const service = { loadBalancer: { servers: [{ url: 'http://10.0.0.102:80' }] } };
const dynamicOf = (users: readonly string[]): JsonObject => ({
  http: { routers: { a: router }, services: { s: service }, middlewares: { who: { basicAuth: { users } } } },
});
const toldOf = (error: string) => {
  const refused = { status: 'disabled', error: [error] };
  const raw = {
    routers: { 'a@file': { ...router, ...refused }, 'api@internal': { status: 'disabled' } },
    services: { 's@file': { ...service, status: 'enabled' } },
    middlewares: { 'who@file': { basicAuth: {}, ...refused } },
  };
  const told = readTraefikAnswers([JSON.stringify(raw), '[]']);
  if (told === null) throw new Error('not read');
  return told;
};

test('removes user names and their hashes from Traefik’s messages', () => {
  const users = ['ada$2y$05$abcdefgh', 'ada$2y$05$abcdefghij'];
  const [first, ...rest] = refusalsOf(dynamicOf(users), toldOf(`error parsing BasicUser: ${users[1]}`));
  expect(first).toEqual({ kind: 'router', name: 'a', why: 'error parsing BasicUser: ‹secret›' });
  // Reported once: the middleware is only the cause of the router's fault.
  expect(rest).toEqual([]);
});

test('treats a malformed answer as none', () => {
  for (const lines of [[], ['404 page not found'], ['{"routers":', '[]'], ['{}'], ['[]']])
    expect(readTraefikAnswers(lines)).toBeNull();
});
