// Signing in with a real browser: the cookie, the event stream of a run, and links from other sites.
// @module-tag long

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN, openTestServer, type TestServer } from '../agent/test-server.ts';
import { findProgram } from '../support/programs.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { begin, record, stepOf } from './recorded.ts';

const CHROMIUM = findProgram('chromium', 'PHOENIX_TEST_CHROMIUM');
const NAME = 'phoenix.example.internal';

describe.skipIf(CHROMIUM === undefined)('signing in with a browser (needs chromium, see test/README.md)', () => {
  let redis: TestRedis;
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  /** A page of another site, which the cookie does not go along from. */
  let forge: Server;
  let link = '';

  beforeAll(async () => {
    redis = await startRedis();
    const names = [
      '--no-sandbox',
      '--host-resolver-rules=MAP phoenix.example.internal 127.0.0.1, MAP forge.test 127.0.0.1',
    ];
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: names });
    forge = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<a href="${link}">details</a>`);
    });
    await new Promise<void>((resolve) => forge.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(async () => {
    await redis.clear();
    const access = { publicUrl: `http://${NAME}`, allowedHosts: [], trustedProxies: [], pages: 'signed-in' } as const;
    server = await openTestServer(redis.url, { access });
    complaints = [];
    await visitAs({});
  });
  afterEach(async () => {
    await context.close();
    await server.close();
  });
  afterAll(async () => {
    await browser?.close();
    forge.close();
    await redis.stop();
  });

  async function visitAs(options: Parameters<Browser['newContext']>[0]): Promise<void> {
    await context?.close();
    context = await browser.newContext(options);
    page = await context.newPage();
    page.on('console', (message) => {
      // This test requests refused pages on purpose.
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  }

  const at = (path: string) => `http://${NAME}:${new URL(server.url).port}${path}`;

  async function signIn(): Promise<void> {
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  test('leads to the requested page, which then follows its run', async () => {
    const run = await record(server.ledger, [stepOf('lxc/101')]);
    await server.ledger.markRun(run, 'applying', []);
    await page.goto(at(`/runs/${run}`));
    expect(await page.locator('h1').textContent()).toBe('Sign in');
    await signIn();
    await page.waitForURL(at(`/runs/${run}`));
    await page.getByText(`Run ${run}`).first().waitFor();
    const step = await begin(server.ledger, run, 'lxc/101');
    await step.print('a line that came later');
    await page.getByText('a line that came later').waitFor();
    expect(complaints).toEqual([]);
  });

  test('works without JavaScript, and ends with the button', async () => {
    await visitAs({ javaScriptEnabled: false });
    await page.goto(at('/targets'));
    await signIn();
    await page.waitForURL(at('/targets'));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Admin token').waitFor();
    await page.goto(at('/targets'));
    expect(await page.locator('h1').textContent()).toBe('Sign in');
  });

  test('reports a wrong token and keeps the requested page', async () => {
    await page.goto(at('/targets'));
    await page.getByLabel('Admin token').fill('guess');
    await page.getByLabel('name').fill('ada');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('name').inputValue()).toBe('ada');
    expect(await page.getByLabel('Admin token').inputValue()).toBe('');
    await signIn();
    await page.waitForURL(at('/targets'));
  });

  test('is not needed again when another site links to a page', async () => {
    await page.goto(at('/'));
    await signIn();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    link = at('/targets');
    await page.goto(`http://forge.test:${(forge.address() as AddressInfo).port}/`);
    await page.getByRole('link', { name: 'details' }).click();
    await page.getByRole('heading', { name: 'Targets' }).waitFor();
    expect(complaints).toEqual([]);
  });
});
