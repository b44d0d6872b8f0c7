// HTTP requests as actions: what is retried, and what is reported of a response.

import { expect, test } from 'vitest';
import { runAction } from '../../../src/agent/apply/run-action.ts';
import type { Action, HttpRequest } from '../../../src/model/action.ts';
import type { Host, HttpAnswer } from '../../../src/ports/host.ts';

const ANSWERED: HttpAnswer = {
  status: 200,
  headers: {},
  body: '',
  certificate: null,
  ended: 'answered',
  message: '',
  ms: 0,
};

/** Runs a request that is answered so, one after the other, the last one for ever. */
async function run(answers: readonly Partial<HttpAnswer>[], own: Partial<HttpRequest> = {}) {
  let asked = 0;
  const host = {
    request: async () => {
      asked += 1;
      return { ...ANSWERED, ...answers[Math.min(asked, answers.length) - 1] };
    },
  } as unknown as Host;
  const request: HttpRequest = {
    kind: 'http',
    method: 'GET',
    url: 'https://a/',
    trust: 'system',
    timeoutSeconds: 1,
    ...own,
  };
  const action: Action = {
    summary: 'ask',
    impact: 'live',
    do: request,
    until: { times: 4, intervalSeconds: 0 },
  };
  const lines: string[] = [];
  const log = { write: (line: string) => void lines.push(line), flush: async () => {} };
  const result = await runAction(host, action, { signal: new AbortController().signal, log });
  return { ...result, asked, told: lines.join('\n') };
}

test.each([400, 401, 403, 409, 422])('status %i is not retried', async (status) => {
  expect(await run([{ status, body: 'no' }])).toMatchObject({ exit: status, asked: 1, stderr: 'no' });
});

test.each([404, 408, 425, 429, 500, 503])('after status %i it is tried again, until it goes well', async (status) => {
  expect(await run([{ status }, { status }, {}])).toMatchObject({ exit: 0, asked: 3 });
});

test('no answer at all is tried again, as often as the action says', async () => {
  const none = { status: null, ended: 'refused', message: 'connection refused' } as const;
  expect(await run([none])).toMatchObject({ exit: 1, asked: 4, stderr: 'connection refused' });
});

test('of an unexpected response only the expectation is reported', async () => {
  const body = JSON.stringify({ Status: 3, Env: [{ name: 'KEY', value: 'nobody knows that this is secret' }] });
  const waiting = await run([{ body }], { expect: { pointer: '/Status', oneOf: [1] } });
  expect(waiting).toMatchObject({ exit: 1, asked: 4, stderr: '/Status is 3' });
  expect(waiting.told).not.toContain('secret');
  expect(await run([{ body: '<html>' }], { expect: { pointer: '/Status', oneOf: [1] } })).toMatchObject({
    stderr: 'the answer is no JSON',
  });
});
