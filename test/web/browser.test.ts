// The pages in a real browser: what only a browser checks, such as whether the content security policy allows their scripts.
// @module-tag long

import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { STRICTEST } from '../../src/agent/http/access.ts';
import { startHttpServer } from '../../src/agent/http/server.ts';
import type { CommitSha, RunId, TargetId } from '../../src/model/ids.ts';
import { openPages } from '../../src/web/pages.ts';
import { openStartingPage } from '../../src/web/starting.ts';
import { openTestServer, recordingAgent, type TestServer } from '../agent/test-server.ts';
import { findProgram } from '../support/programs.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { begin, COMMIT, CREATED, finish, record, stepOf } from './recorded.ts';

const CHROMIUM = findProgram('chromium', 'PHOENIX_TEST_CHROMIUM');
const WIDTHS = [
  { width: 360, height: 640 },
  // A tablet: where tables begin to be tables, they have the least room.
  { width: 860, height: 1180 },
  { width: 1440, height: 900 },
] as const;
/** What axe found, as a person can read it: by all its rules, and in the dark by those that see colours. */
const RUN_AXE = {
  light: axeWith(`{ resultTypes: ['violations'] }`),
  dark: axeWith(`{ resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] }`),
};
const LONG = `certificate/${'a-very-long-name.'.repeat(6)}example`;

describe.skipIf(CHROMIUM === undefined)('in a browser (needs chromium, see test/README.md)', () => {
  let redis: TestRedis;
  let server: TestServer;
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
    server = await openTestServer(redis.url);
    complaints = [];
    await visitAs({});
  });
  afterEach(async () => {
    await context.close();
    await server.close();
  });
  afterAll(async () => {
    await browser?.close();
    await redis.stop();
  });

  /** A new page; everything that the browser reports is recorded, violations of the content security policy included. */
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
    const { ledger } = server;
    const second = stepOf('lxc/102', { wave: 2, needs: ['lxc/101' as TargetId] });
    const run = await record(ledger, [stepOf('lxc/101'), second]);
    await ledger.markRun(run, 'applying', []);
    const step = await begin(ledger, run, 'lxc/101');
    await step.print('the first line');
    return { run, step };
  }

  test('the page of a run updates itself until the run ends, without being reloaded', async () => {
    const { ledger } = server;
    const { run, step } = await startedRun();
    await page.goto(`${server.url}/runs/${run}`);
    await page.locator('h1', { hasText: 'applying' }).waitFor();
    expect(await page.locator('a.box').allTextContents()).toEqual(['lxc/101lxc/101runs', 'lxc/102lxc/102waits']);
    await page.evaluate('window.stayed = true');
    // What was opened stays open and keeps the focus.
    await page.locator('details[id="lxc/102"] > summary').click();

    await step.print('a line that came later');
    await page.locator('details[id="lxc/101"] pre', { hasText: 'a line that came later' }).waitFor();
    await step.end('applied');
    await page.locator('details[id="lxc/101"] > summary', { hasText: 'applied' }).waitFor();
    const second = await begin(ledger, run, 'lxc/102');
    await second.end('unchanged');
    await finish(ledger, run, 'succeeded');

    await page.locator('h1', { hasText: 'succeeded' }).waitFor();
    // The picture turned green with it.
    expect(await page.locator('a.box.good').count()).toBe(2);
    expect(await page.title()).toBe(`Run ${run} succeeded · Phoenix`);
    expect(await page.getByRole('status').textContent()).toBe('Applied 1 target, 1 already as declared');
    expect(await page.locator('details[id="lxc/102"]').getAttribute('open')).not.toBeNull();
    expect(await page.evaluate('document.activeElement.parentElement.id')).toBe('lxc/102');
    expect(await page.locator('main').getAttribute('data-events')).toBeNull();
    expect(await page.evaluate('window.stayed')).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('the list of runs updates itself', async () => {
    const { ledger } = server;
    await page.clock.install();
    await page.goto(server.url);
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
    // While nothing answers, it says that it may be outdated.
    await page.route(server.url, (route) => route.fulfill({ status: 503 }));
    await page.clock.runFor(31_000);
    await page.getByRole('alert').getByText('Phoenix does not answer since').waitFor();
    await page.unroute(server.url);
    await page.clock.runFor(31_000);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    // A fault of Phoenix is not told as its absence.
    await page.route(server.url, (route) => route.fulfill({ status: 500 }));
    await page.clock.runFor(31_000);
    await page.getByRole('alert').getByText('Phoenix cannot make this page since').waitFor();
    await page.unroute(server.url);
    await page.clock.runFor(31_000);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    // Where packets vanish, a request has neither answer nor end.
    const asked = Promise.withResolvers<void>();
    await page.route(server.url, () => asked.resolve());
    await page.clock.runFor(31_000);
    await asked.promise;
    await page.clock.runFor(21_000);
    await page.getByRole('alert').getByText('Phoenix does not answer since').waitFor();
    await page.unroute(server.url);
    await page.clock.runFor(31_000);
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  test('a page that gets no event stream polls', async () => {
    const { run, step } = await startedRun();
    await page.clock.install();
    await page.route('**/events?*', (route) => route.fulfill({ status: 503 }));
    await page.goto(`${server.url}/runs/${run}`);
    await step.end('applied');
    await page.clock.runFor(6_000);
    await page.locator('details[id="lxc/101"] > summary', { hasText: 'applied' }).waitFor();
    expect(complaints.filter((text) => !text.includes('503'))).toEqual([]);
  });

  test('a link to a step opens it, and times are written in words', async () => {
    const { run } = await startedRun();
    await page.goto(`${server.url}/runs/${run}#lxc/102`);
    await page.locator('details[id="lxc/102"][open]').waitFor();
    await page.goto(`${server.url}/runs/${run}#%zz`);
    expect(await page.locator('dd time').first().textContent()).toMatch(/^2026-01-02 03:04:05 UTC \(.+\)$/);
    await page.goto(server.url);
    expect(await page.locator('td time').first().textContent()).not.toContain('UTC');
    expect(complaints).toEqual([]);
  });

  test('without JavaScript everything is shown, and the page reloads itself', async () => {
    await visitAs({ javaScriptEnabled: false });
    const { run, step } = await startedRun();
    await page.goto(`${server.url}/runs/${run}`);
    expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('5');
    await step.end('failed', 'no space left');
    await page.reload();
    expect(await page.locator('details[id="lxc/101"][open]').textContent()).toContain('no space left');
    // What only a script can do is not offered.
    expect(await page.locator('button.copy:visible, input.find:visible').count()).toBe(0);
    expect(await page.locator('.graph a.box.bad').count()).toBe(1);
    server.known.push({ target: 'lxc/101' as TargetId, running: null, needs: [] });
    await page.goto(server.url);
    await page.getByRole('searchbox').fill('101');
    await page.getByRole('searchbox').press('Enter');
    await page.getByRole('link', { name: 'lxc/101' }).first().click();
    expect(await page.locator('h1').textContent()).toContain('lxc/101');
  });

  test.each(['light', 'dark'] as const)(
    'every page fits a phone, a tablet and a desktop, and axe finds nothing, in %s',
    { timeout: 120_000 },
    async (colorScheme) => {
      await visitAs({ colorScheme, viewport: WIDTHS[0] });
      const paths = await manyThings();
      for (const path of paths) await fits(server.url, path, colorScheme);
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    },
  );

  test.each(['light', 'dark'] as const)(
    'so do those with nothing to show, and those that are not there, in %s',
    { timeout: 120_000 },
    async (colorScheme) => {
      await visitAs({ colorScheme, viewport: WIDTHS[0] });
      const empty = ['/', '/?before=7', '/map', '/targets', '/asked', '/search', '/search?q=none', '/sign-in'];
      const absent = [
        '/pulls/9',
        '/targets/lxc/999',
        `/targets/${LONG}`,
        '/runs/7/lxc/101',
        `/${'far/'.repeat(60)}off`,
      ];
      for (const path of [...empty, ...absent]) await fits(server.url, path, colorScheme);
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    },
  );

  test('the page of an agent that starts fits too, and becomes the page that was asked for', async () => {
    const waitsFor = () => `its node: ${'ssh://root@pve.example.internal '.repeat(8)}does not answer`;
    const log = { info() {}, warn() {}, error() {} };
    const starting = await startHttpServer(
      { receive: null, waitsFor, page: openStartingPage(waitsFor), access: STRICTEST, adminToken: null, log },
      { host: '127.0.0.1', port: 0 },
    );
    try {
      for (const colorScheme of ['light', 'dark'] as const) {
        await visitAs({ colorScheme, viewport: WIDTHS[0] });
        await fits(starting.url, '/targets', colorScheme);
      }
      await page.clock.install();
      await page.goto(`${starting.url}/targets`);
      await page.getByText('It waits for its node').waitFor();
      const { ledger } = server;
      const agent = recordingAgent([], [], {});
      const pages = openPages({ ledger, agent, log, clock: { now: () => new Date() }, forge: null });
      const ready = async () => ({ ready: true, checks: {} });
      const metrics = async () => ({ contentType: 'text/plain', text: '' });
      starting.serve({ receive: null, api: null, pages, ready, metrics, log });
      await page.clock.runFor(4_000);
      await page.getByRole('heading', { name: 'Targets' }).waitFor();
      expect(complaints.filter((text) => !text.includes('503'))).toEqual([]);
    } finally {
      await starting.close();
    }
  });

  /** The page has no more than the width of the screen, and axe finds nothing. */
  async function fits(top: string, path: string, colorScheme: keyof typeof RUN_AXE): Promise<void> {
    await page.goto(`${top}${path}`);
    await page.evaluate(axe.source);
    for (const viewport of WIDTHS) {
      await page.setViewportSize(viewport);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      const found = await page.evaluate(RUN_AXE[colorScheme]);
      expect([path, viewport.width, width, found]).toEqual([path, viewport.width, viewport.width, []]);
    }
  }

  /** A ledger with something on every page, long names and all; resolves to the pages. */
  async function manyThings(): Promise<readonly string[]> {
    const { ledger, seen, known } = server;
    const changes = [{ path: `/${'deep/'.repeat(30)}`, before: 'b'.repeat(300), after: ['c'.repeat(300)] }];
    const head = { commit: COMMIT, verdict: 'followed', base: COMMIT } as const;
    const destroy = stepOf('lxc/103', { impact: 'destroy', verb: 'delete', approval: true, approvals: 1, wave: 2 });
    const steps = [stepOf(LONG, { changes }), stepOf('lxc/101'), { ...destroy, needs: ['lxc/101' as TargetId] }];
    const run = await record(ledger, steps, { request: { by: 'x'.repeat(90) }, planned: { followed: head } });
    const step = await begin(ledger, run, LONG);
    await step.act({ summary: 'y'.repeat(200), exit: 1, ms: 7_000_000 });
    await step.print('z'.repeat(500), `${'word '.repeat(100)}`);
    await step.end('failed', `${'w'.repeat(200)}; and what to do`);
    await (await begin(ledger, run, 'lxc/101')).end('unchanged');
    const reason = `would destroy it; to allow it: phoenix approve ${run} lxc/103`;
    const blocked = new Map([['lxc/103' as TargetId, { outcome: 'blocked', reason, statuses: [] } as const]]);
    await ledger.settleSteps(run, CREATED, blocked);
    const look = await record(ledger, [stepOf('lxc/104')], { request: { trigger: 'drift', readOnly: true } });
    await (await begin(ledger, look, 'lxc/104')).end('failed', 'differs; to be done: set memory');
    await finish(ledger, look, 'failed');
    await ledger.freeze({ reason: 'moving the storage', by: 'ada', at: CREATED });
    for (const id of [LONG, 'lxc/101', 'lxc/103', 'lxc/104'])
      known.push({ target: id as TargetId, running: 'running', needs: [] });
    const validity = { from: CREATED, until: '2026-02-02T03:04:05.000Z' };
    seen.certificates = async () => [{ target: LONG as TargetId, validity }];
    seen.orphans = async () => [{ target: 'lxc/199' as TargetId, name: 'copy', markedAs: 'lxc/101' as TargetId }];
    const info = { sha: COMMIT as CommitSha, parents: [], message: 'm'.repeat(300), author: 'Ada' };
    seen.commits = async () => new Map([[COMMIT, info]]);
    const pull = {
      pull: 7,
      title: 'More',
      author: 'ada',
      root: '',
      created: CREATED,
      problems: [],
      held: [],
      ok: true,
    };
    const commits = { head: COMMIT as CommitSha, base: COMMIT as CommitSha, from: COMMIT as CommitSha };
    await ledger.recordPull(7, 'x', { ...pull, ...commits, plan: { from: COMMIT, to: COMMIT, steps } }, [], []);
    const interfaces = [{ bridge: 'vmbr0', vlan: null, addresses: ['10.0.0.101/24', 'dhcp'] }];
    const guests = ['lxc/101', 'lxc/103'].map((target) => ({
      target: target as TargetId,
      name: 'n'.repeat(60),
      interfaces,
    }));
    const roles = { gateway: 'lxc/101' as TargetId, proxy: null, authority: 'lxc/103' as TargetId };
    const services = [{ name: `${'long.'.repeat(12)}example`, leadsTo: '10.0.0.103:80', guest: 'lxc/103' as TargetId }];
    const others = {
      certificates: [LONG as TargetId],
      stacks: [{ target: 'stack/103.web' as TargetId, guest: 'lxc/103' as TargetId }],
    };
    seen.environment = async () => ({ commit: COMMIT, guests, services, ...roles, ...others });
    const fields = [{ field: `${'deep.'.repeat(30)}x`, value: ['v'.repeat(300)] }];
    seen.declaration = async () => ({ commit: COMMIT, place: { file: 'etc/x.json', line: 7 }, fields });
    return [
      '/map',
      '/search?q=lxc',
      '/',
      `/runs/${run}`,
      `/runs/${run}/${LONG}`,
      '/pulls/7',
      '/targets',
      `/targets/${LONG}`,
      '/runs/999',
    ];
  }

  test('on paper a page is black on white, with every step open and nothing to press', async () => {
    await visitAs({ colorScheme: 'dark', viewport: { width: 700, height: 900 } });
    const { run } = await startedRun();
    await page.goto(`${server.url}/runs/${run}`);
    await page.emulateMedia({ media: 'print' });
    const closed = page.locator('details[id="lxc/102"]:not([open])');
    expect(
      await closed
        .locator('dl')
        .first()
        .evaluate((list) => list.checkVisibility()),
    ).toBe(true);
    for (const name of ['header', 'footer', 'main button', '.find'])
      expect(await page.locator(name).filter({ visible: true }).count(), name).toBe(0);
    expect(await page.evaluate('getComputedStyle(document.documentElement).color')).toBe('rgb(0, 0, 0)');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  test('the keyboard reaches the content and opens a step', async () => {
    const { run } = await startedRun();
    await page.goto(`${server.url}/runs/${run}`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.locator('details[id="lxc/102"] > summary').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details[id="lxc/102"]').getAttribute('open')).not.toBeNull();
    // A log is searched from its field, which counts the matches.
    await page.getByRole('searchbox', { name: 'Search the log of lxc/101' }).fill('FIRST');
    await page.locator('.found', { hasText: '1 of 1' }).waitFor();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the log of lxc/101' }).press('Enter');
    await page.getByRole('button', { name: 'Copy the log of lxc/101' }).getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('the first line');
    expect(complaints).toEqual([]);
  });
});

function axeWith(options: string): string {
  return `axe.run(document, ${options}).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join('\\n')))`;
}
