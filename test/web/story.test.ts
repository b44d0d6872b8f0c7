// Typical use of the pages in a real browser: a user pushes, inspects, approves, heals and replays, and requests from another site have no effect.
// With PHOENIX_TEST_SCREENSHOTS each page is saved as a picture, at three widths, light and dark.
// @module-tag long

import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN } from '../agent/test-server.ts';
import { environment } from '../support/environment.ts';
import { findProgram } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { openWhole, type Whole } from './whole.ts';

const CHROMIUM = findProgram('chromium', 'PHOENIX_TEST_CHROMIUM');
const PICTURES = process.env['PHOENIX_TEST_SCREENSHOTS'] ?? '';
const NAME = 'phoenix.example.internal';
const WIDTHS = [
  { width: 360, height: 640 },
  { width: 820, height: 1180 },
  { width: 1440, height: 900 },
] as const;
const RUN_AXE = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join('\\n')))`;

describe.skipIf(CHROMIUM === undefined)('with a browser (needs chromium, see test/README.md)', () => {
  let whole: Whole;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  let stranger: Server;

  beforeAll(async () => {
    const rules = `--host-resolver-rules=MAP ${NAME} 127.0.0.1, MAP stranger.test 127.0.0.1`;
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', rules] });
    stranger = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<form method="post" action="${at('/do/freeze')}">
        <input name="reason" value="by a stranger" /><button>A kitten</button></form>`);
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(async () => {
    whole = await openWhole(`http://${NAME}`);
    complaints = [];
    await visitAs({});
  });
  afterEach(async () => {
    await context.close();
    await whole.close();
  });
  afterAll(async () => {
    await browser?.close();
    stranger?.close();
  });

  const at = (path: string) => `http://${NAME}:${new URL(whole.url).port}${path}`;

  async function visitAs(options: Parameters<Browser['newContext']>[0]): Promise<void> {
    await context?.close();
    context = await browser.newContext(options);
    page = await openPage();
  }

  /** Everything that the browser reports is recorded, except for refused pages, which this test requests on purpose. */
  async function openPage(): Promise<Page> {
    const opened = await context.newPage();
    opened.on('console', (message) => {
      const isRefusal = /status of (401|403|404)/.test(message.text());
      if ((message.type() === 'error' || message.type() === 'warning') && !isRefusal) complaints.push(message.text());
    });
    opened.on('pageerror', (error) => complaints.push(String(error)));
    return opened;
  }

  async function signIn(to = '/'): Promise<void> {
    await page.goto(at(to));
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.getByLabel('Your name').fill('Ada');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Ada admin').waitFor();
  }

  test('an open page shows a push succeed after it is unfrozen on another page', {
    timeout: 60_000,
  }, async () => {
    const { phoenix } = whole;
    await signIn('/do/freeze');
    await page.getByLabel('Why').fill('moving the storage');
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByText('frozen by Ada').waitFor();
    const commit = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await phoenix.repo.push();
    await phoenix.answered(commit);
    const [run] = await phoenix.ledger.openRuns();
    await page.goto(at(`/runs/${run?.id}`));
    expect(await page.locator('.graph a.box').count()).toBe(2);
    expect(await page.locator('.graph a.box.good').count()).toBe(0);
    await page.evaluate('window.stayed = true');
    const other = await openPage();
    await other.goto(at('/do/unfreeze'));
    await other.getByRole('button', { name: 'Unfreeze' }).click();
    await page.locator('h1', { hasText: 'succeeded' }).waitFor();
    expect(await page.locator('.graph a.box.good').count()).toBe(2);
    expect(await page.evaluate('window.stayed')).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('a failed step shows its remedy and is replayed; a deletion is approved', { timeout: 60_000 }, async () => {
    const { phoenix } = whole;
    await whole.byHand('put', '101', '{"foreign":true}');
    const commit = await phoenix.repo.commit(environment({ 101: {}, 102: {} }));
    await phoenix.repo.push();
    await phoenix.answered(commit);
    await signIn();
    await page.getByText('box 101 is not ours').first().waitFor();
    await whole.byHand('drop', '101');
    const [blocked] = await phoenix.ledger.runs(1);
    await page.goto(at(`/runs/${blocked?.id}`));
    await page.getByText('box 101 is not ours').first().waitFor();
    await page.goto(at('/targets/lxc/101'));
    await page.getByRole('button', { name: 'Heal…' }).first().click();
    await page.getByText('This would change 1 target').waitFor();
    await page.getByRole('button', { name: 'Do this' }).click();
    await page.locator('h1', { hasText: 'succeeded' }).waitFor();
    // A target that is removed from the files waits for approval.
    const gone = await phoenix.repo.commit({ ...environment({ 102: {} }) });
    await phoenix.repo.push();
    await until(
      async () => (await phoenix.ledger.openRuns()).some((run) => run.commit === gone && run.state === 'blocked'),
      'a step to wait',
    );
    await page.goto(at('/'));
    await page.getByRole('link', { name: 'Approve…' }).first().click();
    await page.getByRole('heading', { name: 'Approve lxc/101' }).waitFor();
    await page.getByRole('button', { name: 'Approve this change' }).click();
    await page.locator('h1', { hasText: 'succeeded' }).waitFor();
    expect((await phoenix.ledger.asked(9)).map(({ what, by }) => `${what} by ${by}`)).toEqual([
      'approve by Ada',
      'command by Ada',
      'command by Ada',
    ]);
    expect(complaints).toEqual([]);
  });

  test('a form of another site has no effect, whoever is signed in', async () => {
    await signIn();
    await page.goto(`http://stranger.test:${(stranger.address() as AddressInfo).port}/`);
    await page.getByRole('button', { name: 'A kitten' }).click();
    await page.getByText('This was asked for by a page of another site').waitFor();
    expect([await whole.phoenix.ledger.frozen(), await whole.phoenix.ledger.asked(9)]).toEqual([null, []]);
  });

  test.each(['light', 'dark'] as const)(
    'every page with actions fits, and axe finds nothing, in %s',
    { timeout: 180_000 },
    async (colorScheme) => {
      const { phoenix } = whole;
      await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
      await phoenix.repo.commit(environment({ 102: {} }));
      await phoenix.repo.push();
      const waiting = async () => (await phoenix.ledger.openRuns()).find(({ state }) => state === 'blocked')?.id;
      await until(async () => (await waiting()) !== undefined, 'a step to wait');
      await whole.byHand('put', '102', '{"memory_mb":1}');
      const look = await phoenix.agent().command({ verb: 'converge', targets: ['lxc/102'], dryRun: true, by: 'Ada' });
      await whole.ended(look);
      const [pushed] = await phoenix.ledger.runs(1);
      const commit = pushed?.commit ?? '';
      const replay = await phoenix.agent().replay({ commit, dryRun: true, by: 'Ada' });
      await whole.ended(replay);
      const adopt = await phoenix.agent().command({ verb: 'adopt', targets: ['lxc/102'], dryRun: true, by: 'Ada' });
      await whole.ended(adopt);
      // While frozen nothing is started, looks neither.
      await phoenix.agent().freeze('moving the storage', 'ada');
      await visitAs({ colorScheme, viewport: WIDTHS[0] });
      await shown('/sign-in', colorScheme);
      await signIn();
      const run = await waiting();
      const pages = [
        '/',
        `/runs/${run}`,
        `/do/approve/${run}/lxc/101`,
        `/do/heal/${look}`,
        `/do/replay/${replay}`,
        `/do/adopt/${adopt}`,
        '/do/freeze',
        '/do/unfreeze',
      ];
      for (const path of [...pages, '/do/look', '/asked', '/targets/lxc/102', '/do/approve/99/lxc/1'])
        await shown(path, colorScheme);
      // The board of the queues is a library's: it only has to load without violating the policy.
      await page.goto(at('/queues/'));
      await page.getByText('apply-pve').first().waitFor();
      expect(complaints).toEqual([]);
    },
  );

  /** The page at each width: it fits, axe finds nothing, and a screenshot is kept where requested. */
  async function shown(path: string, scheme: string): Promise<void> {
    await page.goto(at(path));
    await page.evaluate(axe.source);
    for (const viewport of WIDTHS) {
      await page.setViewportSize(viewport);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([path, viewport.width, width, await page.evaluate(RUN_AXE)]).toEqual([
        path,
        viewport.width,
        viewport.width,
        [],
      ]);
      if (PICTURES === '') continue;
      await mkdir(PICTURES, { recursive: true });
      const name = `${path.replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'home'}-${viewport.width}-${scheme}.png`;
      await page.screenshot({ path: join(PICTURES, name), fullPage: true });
    }
  }
});
