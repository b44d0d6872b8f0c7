// The pages in a real browser: what only a browser knows, such as whether its policy lets them work.

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import { openTestDoor, type TestDoor } from '../agent/door.ts';
import { findProgram } from '../support/programs.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { begin, COMMIT, CREATED, finish, record, stepOf } from './recorded.ts';

const CHROMIUM = findProgram('chromium', 'PHOENIX_TEST_CHROMIUM');
const NARROW = { width: 360, height: 640 };
const LONG = `certificate/${'a-very-long-name.'.repeat(6)}example`;

describe.skipIf(CHROMIUM === undefined)('in a browser (needs chromium, see test/README.md)', () => {
  let redis: TestRedis;
  let door: TestDoor;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    redis = await startRedis();
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });
  });
  beforeEach(async () => {
    await redis.clear();
    door = await openTestDoor(redis.url);
    complaints = [];
    await visitAs({});
  });
  afterEach(async () => {
    await context.close();
    await door.close();
  });
  afterAll(async () => {
    await browser?.close();
    await redis.stop();
  });

  /** A fresh reader; whatever the browser complains of, violations of the policy too, is kept. */
  async function visitAs(options: Parameters<Browser['newContext']>[0]): Promise<void> {
    await context?.close();
    context = await browser.newContext(options);
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  }

  async function startedRun(): Promise<{ run: RunId; step: Awaited<ReturnType<typeof begin>> }> {
    const { ledger } = door;
    const run = await record(ledger, [stepOf('lxc/101'), stepOf('lxc/102', { wave: 2 })]);
    await ledger.markRun(run, 'applying', []);
    const step = await begin(ledger, run, 'lxc/101');
    await step.print('the first line');
    return { run, step };
  }

  test('the page of a run keeps itself up to date to its end, without being loaded anew', async () => {
    const { ledger } = door;
    const { run, step } = await startedRun();
    await page.goto(`${door.url}/runs/${run}`);
    await page.locator('h1', { hasText: 'applying' }).waitFor();
    await page.evaluate('window.stayed = true');
    // What a person opened stays open, and keeps the focus.
    await page.locator('details[id="lxc/102"] > summary').click();

    await step.print('a line that came later');
    await page.locator('details[id="lxc/101"] pre', { hasText: 'a line that came later' }).waitFor();
    await step.end('applied');
    await page.locator('details[id="lxc/101"] > summary', { hasText: 'applied' }).waitFor();
    const second = await begin(ledger, run, 'lxc/102');
    await second.end('unchanged');
    await finish(ledger, run, 'succeeded');

    await page.locator('h1', { hasText: 'succeeded' }).waitFor();
    expect(await page.title()).toBe(`Run ${run} succeeded · Phoenix`);
    expect(await page.getByRole('status').textContent()).toBe('Applied 1 target, 1 as declared already');
    expect(await page.locator('details[id="lxc/102"]').getAttribute('open')).not.toBeNull();
    expect(await page.evaluate('document.activeElement.parentElement.id')).toBe('lxc/102');
    expect(await page.locator('main').getAttribute('data-events')).toBeNull();
    expect(await page.evaluate('window.stayed')).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('the list of runs follows what comes and goes', async () => {
    const { ledger } = door;
    await page.clock.install();
    await page.goto(door.url);
    await page.getByText('Nothing ran yet').waitFor();
    const { run, step } = await startedRun();
    await page.clock.runFor(31_000);
    await page.getByRole('heading', { name: 'Now' }).waitFor();
    await step.end('applied');
    await ledger.supersedeRun(run, 'b'.repeat(40), CREATED, new Map(), []);
    await page.clock.runFor(6_000);
    await page.getByRole('heading', { name: 'Now' }).waitFor({ state: 'detached' });
    expect(await page.getByRole('cell', { name: 'superseded' }).count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('where too many follow runs already, the page looks again by itself', async () => {
    const { run, step } = await startedRun();
    await page.clock.install();
    await page.route('**/events?*', (route) => route.fulfill({ status: 503 }));
    await page.goto(`${door.url}/runs/${run}`);
    await step.end('applied');
    await page.clock.runFor(6_000);
    await page.locator('details[id="lxc/101"] > summary', { hasText: 'applied' }).waitFor();
    expect(complaints.filter((text) => !text.includes('503'))).toEqual([]);
  });

  test('an address with the name of a step opens it, and times are told in words', async () => {
    const { run } = await startedRun();
    await page.goto(`${door.url}/runs/${run}#lxc/102`);
    await page.locator('details[id="lxc/102"][open]').waitFor();
    await page.goto(`${door.url}/runs/${run}#%zz`);
    expect(await page.locator('dd time').first().textContent()).toMatch(/^2026-01-02 03:04:05 UTC \(.+\)$/);
    await page.goto(door.url);
    expect(await page.locator('td time').first().textContent()).not.toContain('UTC');
    expect(complaints).toEqual([]);
  });

  test('without JavaScript all is there, and the page asks to be loaded anew', async () => {
    await visitAs({ javaScriptEnabled: false });
    const { run, step } = await startedRun();
    await page.goto(`${door.url}/runs/${run}`);
    expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('5');
    await step.end('failed', 'no space left');
    await page.reload();
    expect(await page.getByRole('row', { name: 'lxc/101' }).textContent()).toContain('no space left');
  });

  test.each(['light', 'dark'] as const)('nothing is wider than a telephone, in %s', async (colorScheme) => {
    await visitAs({ colorScheme, viewport: NARROW });
    const { ledger } = door;
    const changes = [{ path: `/${'deep/'.repeat(30)}`, before: 'b'.repeat(300), after: ['c'.repeat(300)] }];
    const run = await record(ledger, [stepOf(LONG, { changes }), stepOf('lxc/101')], {
      request: { by: 'x'.repeat(90) },
    });
    const step = await begin(ledger, run, LONG);
    await step.act({ summary: 'y'.repeat(200), exit: 1, ms: 7_000_000 });
    await step.print('z'.repeat(500), `${'word '.repeat(100)}`);
    await step.end('failed', `${'w'.repeat(200)} and what to do`);
    for (const path of ['/', `/runs/${run}`, `/runs/${run}/${LONG}`, '/targets', `/targets/${LONG}`, '/']) {
      await page.goto(`${door.url}${path}`);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, NARROW.width]);
    }
    await page.goto(`${door.url}/runs/${COMMIT}${COMMIT}`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width);
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });

  test('by keyboard one comes to the content and opens a step', async () => {
    const { run } = await startedRun();
    await page.goto(`${door.url}/runs/${run}`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.locator('details[id="lxc/102"] > summary').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details[id="lxc/102"]').getAttribute('open')).not.toBeNull();
    const heads = page.getByRole('table', { name: `Steps of run ${run}` }).getByRole('columnheader');
    expect(await heads.allTextContents()).toEqual(['Target', 'Outcome', 'Wave', 'Verb', 'Impact']);
  });
});
