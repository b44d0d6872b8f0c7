// What Traefik disables in a dynamic configuration: by our model of its source everywhere, and by Traefik itself where installed.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outOfUse, type Refusal, refused } from '../../src/traefik/refused.ts';
import { ask } from './ask.ts';
import { CASES, dynamicOf } from './cases.ts';
import { type Elements, elementsOf, openTraefik, TRAEFIK, type Traefik } from './real-traefik.ts';

const NAMED = CASES.map((each, index) => ({ ...each, id: `case${String(index).padStart(3, '0')}` }));

function shown({ section, name, path }: Refusal): string {
  return `${section}/${name}: ${path.join('.')}`;
}

describe('refused by our reading', () => {
  test.each(NAMED)('$name', (each) => {
    const found = refused(dynamicOf(each, each.id, 'http://127.0.0.1:80'));
    expect(found.map(shown)).toEqual(each.refused.map((line) => line.replaceAll('~', each.id)));
    for (const { message, hint } of found) {
      expect(message).not.toMatch(/undefined|\[object|\.$/);
      expect(hint ?? 'It.').toMatch(/^[A-Z!$].*[^ ]$/s);
    }
  });
});

describe.skipIf(TRAEFIK === undefined)('refused by Traefik itself', () => {
  const backend = createServer((request, response) => {
    response.statusCode = request.url?.includes('missing') ? 404 : 200;
    response.end('there');
  });
  let url = '';
  let traefik: Traefik & { readonly api: number };
  let elements: Elements;

  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      backend.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
    const files = NAMED.map((each) => [`${each.id}.yml`, dynamicOf(each, each.id, url)] as const);
    traefik = await openTraefik(Object.fromEntries(files));
    elements = await elementsOf(traefik.api, 'routers/case000r');
  });
  afterAll(async () => {
    await traefik?.close();
    backend.close();
  });

  test.each(NAMED)('$name', async (each) => {
    const dynamic = dynamicOf(each, each.id, url);
    const ours = outOfUse(dynamic, refused(dynamic));
    const theirs = [...elements].filter(([key, { status }]) => key.includes(`/${each.id}`) && status === 'disabled');
    expect(Object.fromEntries(theirs)).toEqual(
      Object.fromEntries([...ours.keys()].map((key) => [key, expect.anything()])),
    );
    if (each.answers !== undefined) {
      const { path = '/', headers = {}, status } = each.answers;
      const answer = await ask(traefik.web, path, { host: `${each.id}.example`, ...headers });
      expect(answer).toBe(status);
    }
    if (each.logs !== undefined) expect(traefik.log()).toContain(each.logs);
  });
});

test('each refusal is disabled by Traefik, or shown by its answer, its log or a reason', () => {
  const bare = NAMED.filter((each) => {
    const found = refused(dynamicOf(each, each.id, 'http://127.0.0.1:80'));
    const shows = each.answers ?? each.logs ?? each.keeps;
    return found.some(({ disables }) => !disables) && shows === undefined;
  });
  expect(bare.map(({ name }) => name)).toEqual([]);
});
