// Pages as pure functions: no text can add a tag or an attribute.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { overviewOf } from '../../src/agent/http/overview.ts';
import type { TargetJson } from '../../src/agent/http/run-json.ts';
import { PAGE_ERROR } from '../../src/messages/pages/pages.ts';
import type { CommitSha, RunId, TargetId } from '../../src/model/ids.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { RunState, StepRecord } from '../../src/model/run.ts';
import type { RunDetail } from '../../src/ports/runs.ts';
import { forgePages } from '../../src/web/forge-pages.ts';
import { document, type Page } from '../../src/web/html/document.ts';
import { errorPage } from '../../src/web/html/error-page.ts';
import { graph } from '../../src/web/html/graph.ts';
import { frontPage } from '../../src/web/html/home.ts';
import { type MapView, mapPage } from '../../src/web/html/map.ts';
import { pullPage } from '../../src/web/html/pull.ts';
import { runPage, stepPage } from '../../src/web/html/run.ts';
import { searchPage } from '../../src/web/html/search.ts';
import { type TargetView, targetPage } from '../../src/web/html/target.ts';
import { targetsPage } from '../../src/web/html/targets.ts';
import { linksFrom } from '../../src/web/links.ts';
import { LONG_TEST } from '../support/long.ts';
import { COMMIT, CREATED, stepOf } from './recorded.ts';

const ASSETS = { style: 'pages.css', script: 'pages.js', icon: 'icon.svg' };

function render(page: Page, path = '/runs/17'): string {
  return document(page, linksFrom(path), ASSETS);
}

function runOf(changed: Partial<RunDetail> = {}): RunDetail {
  return {
    id: '17' as RunId,
    commit: 'a'.repeat(40),
    trigger: 'push',
    verb: null,
    readOnly: false,
    state: 'applying',
    created: CREATED,
    started: CREATED,
    ended: null,
    by: 'ada',
    steps: [],
    plan: null,
    digests: {},
    request: {
      commit: 'a'.repeat(40),
      trigger: 'push',
      by: 'ada',
      created: CREATED,
      targets: null,
      rewind: false,
      readOnly: false,
    },
    approvals: [],
    notes: [],
    held: {},
    supersededBy: null,
    jobs: {},
    reason: null,
    problems: [],
    ...changed,
  };
}

function stepRecord(target: string, changed: Partial<StepRecord> = {}): StepRecord {
  return {
    target: target as TargetId,
    verb: 'update',
    impact: 'live',
    outcome: null,
    reason: null,
    attempts: 1,
    started: CREATED,
    ended: null,
    actions: [],
    ...changed,
  };
}

/** Every page, with that text in every place for text from outside. */
function everyPage(text: string): string[] {
  const target = `lxc/${text}` as TargetId;
  const reason = `${text}; ${text.replaceAll(';', '')}`;
  const step = stepRecord(target, {
    outcome: 'failed',
    reason,
    ended: CREATED,
    actions: [{ summary: text, exit: 1, ms: 1 }],
  });
  const problem: Problem = {
    severity: 'error',
    code: 'SYNTAX',
    file: text,
    path: text,
    line: 1,
    column: 1,
    target,
    message: text,
    hint: text,
  };
  const changes = [
    { path: `/${text}`, before: text, after: { [text]: text } },
    { path: `/${text}`, before: [text], after: [`${text}!`] },
  ];
  const run = runOf({
    commit: text,
    by: text,
    reason,
    supersededBy: text,
    steps: [step],
    plan: { from: null, to: text, steps: [stepOf(target, { needs: [target], changes })] },
    approvals: [{ target, by: text, at: CREATED, where: text }],
    notes: [text],
    problems: [problem],
  });
  const logs = new Map([[target, { lines: [text, text], printed: 9 }]]);
  const info = { sha: text as CommitSha, parents: [], message: text, author: text };
  const view = { run, detailed: new Set([target]), logs, successor: text as RunId, commit: info, root: text };
  const known: TargetJson = {
    target,
    kind: 'lxc',
    name: text,
    state: 'unproved',
    proved: null,
    doubt: null,
    look: {
      run: run.id,
      commit: text,
      at: CREATED,
      found: text,
      since: CREATED,
      would: [text],
      over: false,
      differs: [{ field: text, place: { file: text, path: text, line: 7 }, declared: text, observed: null }],
    },
    commit: text,
    declared: false,
    running: 'running',
    run: run.id,
    outcome: 'failed',
    reason,
  };
  const pull = {
    pull: 7,
    title: text,
    author: text,
    head: text as CommitSha,
    base: text as CommitSha,
    from: `${text}!` as CommitSha,
    plan: { from: text, to: text, steps: [stepOf(target, { needs: [target], changes, approval: true, approvals: 1 })] },
    problems: [{ ...problem, new: true }],
    held: [target],
    notes: [text],
    ok: false,
    root: text,
    created: CREATED,
  };
  const links = linksFrom('/runs/17');
  const head = { commit: text, verdict: 'invalid', base: text } as const;
  const frozen = { reason: text, by: text, at: CREATED };
  const certificates = [
    { target, validity: { from: CREATED, until: CREATED } },
    { target, validity: null },
  ];
  const now = new Date(CREATED);
  const overview = {
    ...overviewOf({
      head,
      open: [run],
      targets: [known],
      orphans: [{ target, name: text, markedAs: target }],
      certificates,
      faults: [CREATED, '2000-01-02T03:04:05.000Z'].map((since) => {
        return { subject: text, what: text, since, why: `${text}; ${text}` };
      }),
      now,
    }),
    approvals: [{ run: run.id, target, label: text, cost: text, commit: text, reason, since: CREATED }],
    drifted: [known],
  };
  const front = {
    ...{
      head,
      frozen,
      open: [run],
      runs: [run],
      searched: [run],
      refusal: { run, root: text },
      older: run.id,
      now,
      overview,
    },
    names: new Map([[target, text]]),
    commits: new Map([[text, info]]),
  };
  const shownTarget: TargetView = {
    ...{ id: target, target: known, looked: false, history: [{ run, step }], runs: 1, older: run.id, now },
    declaration: {
      commit: text,
      place: { file: text, line: 1 },
      fields: [{ field: text, value: { [text]: text } }],
    },
    guest: { target, name: text, interfaces: [{ bridge: text, vlan: 1, addresses: [text] }] },
    services: [{ name: text, leadsTo: text, guest: target }],
    validity: { from: CREATED, until: CREATED },
    needs: [target],
    dependants: [target],
    names: new Map([[target, text]]),
    commits: new Map([[text, info]]),
  };
  const guests = new Map([[target, { target, name: text, interfaces: [] }]]);
  return [
    runPage(view, links),
    stepPage(view, step, links),
    frontPage(front, links),
    frontPage({ ...front, overview: null }, links),
    pullPage(pull, links),
    targetsPage(
      {
        targets: [known],
        looked: false,
        orphans: [{ target, name: text, markedAs: target }],
        names: new Map([[target, text]]),
      },
      links,
    ),
    targetPage(shownTarget, links),
    mapPage(mapOf(text, known), links),
    searchPage({ query: text, targets: [known], guests, runs: [run], looked: 1, commits: front.commits }, links),
    errorPage(PAGE_ERROR.noPage(text)),
    errorPage(PAGE_ERROR.noRun(text)),
  ].map((page) => render(page));
}

function mapOf(text: string, known: TargetJson): MapView {
  const [guest, gateway] = [known.target, 'lxc/1' as TargetId];
  const interfaces = [{ bridge: text, vlan: null, addresses: [text] }];
  const certificate = 'certificate/x' as TargetId;
  const environment = {
    ...{ commit: text, gateway, proxy: null, authority: guest, certificates: [certificate] },
    guests: [{ target: guest, name: text, interfaces }],
    services: [{ name: text, leadsTo: text, guest }],
    stacks: [{ target: 'stack/1.x' as TargetId, guest }],
  };
  const certificates = [{ target: certificate, validity: { from: CREATED, until: CREATED } }];
  return { environment, isFollowed: true, targets: new Map([[guest, known]]), certificates, now: new Date(CREATED) };
}

/** The tags of a document in order, each with the names of its attributes. */
function skeleton(page: string): string[] {
  const tags = page.matchAll(/<(!?\/?[a-z][a-z0-9]*)((?:\s+[^\s=>"'<]+(?:="[^"]*")?)*)\s*\/?>/gi);
  return [...tags].map(([, name, attributes = '']) =>
    [name, ...[...attributes.matchAll(/([^\s=]+)(?:="[^"]*")?/g)].map(([, attribute]) => attribute)].join(' '),
  );
}

/** The commands of a page, each with the words before it. */
function leadsOf(page: string): string[] {
  const offers = page.matchAll(/<div class="offer"><span class="dim">([^<]*)<\/span>(.*?)<\/div>/gs);
  return [...offers].map(([, lead, rest = '']) => `${lead} ${/<code[^>]*>([^<]*)</.exec(rest)?.[1]}`);
}

function textOf(page: string): string {
  return page.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

describe('text from outside', () => {
  const plain = everyPage('x').map(skeleton);
  const nasty = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '<script>',
          '</pre>',
          '"',
          "'",
          '>',
          '<',
          '&',
          '&lt;',
          '-->',
          '<!--',
          ' onload=',
          '=',
          '`',
          '${',
        ),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
      ),
      { minLength: 1, maxLength: 6 },
    )
    .map((parts) => `x${parts.join('')}`);

  test('never adds a tag or attribute to a page', LONG_TEST, () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(everyPage(text).map(skeleton)).toEqual(plain);
      }),
      { numRuns: 100 },
    );
  });

  test('shows a script in a reason or log line literally', () => {
    const script = '<script>alert("1")</script>';
    for (const page of everyPage(script).slice(0, 2)) {
      expect(page).not.toContain('<script>alert');
      expect(textOf(page).split(script).length).toBeGreaterThan(4);
    }
  });

  test('loses marks of the writing direction and terminal colours', () => {
    const lines = ['\u001b[31mred\u001b[0m', '10%\r20%\r', 'a\u202eb', 'a\tb'];
    const run = runOf({ steps: [stepRecord('lxc/101', { reason: 'a\u202eb' })] });
    const logs = new Map([['lxc/101' as TargetId, { lines, printed: 4 }]]);
    const page = render(
      runPage(
        { run, detailed: new Set(logs.keys()), logs, successor: null, commit: null, root: null },
        linksFrom('/runs/17'),
      ),
    );
    expect(page).toContain('>red\n20%\na?b\na    b</pre>');
    expect(page).not.toContain('\u202e');
  });

  test('is on pages without inline scripts, inline styles or files of other sites', () => {
    for (const page of everyPage('x')) {
      expect(page.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="../static/pages.js">']);
      expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|https?:\/\//);
    }
  });
});

describe('a run', () => {
  const page = (changed: Partial<RunDetail>) => {
    const detailed = new Set(changed.steps?.map(({ target }) => target));
    return render(
      runPage(
        { run: runOf(changed), detailed, logs: new Map(), successor: null, commit: null, root: null },
        linksFrom('/runs/17'),
      ),
    );
  };

  test.each<[RunState, string | null, boolean]>([
    ['planned', null, true],
    ['applying', null, true],
    ['blocked', null, true],
    ['superseded', null, true],
    ['superseded', CREATED, false],
    ['succeeded', CREATED, false],
    ['failed', CREATED, false],
    ['invalid', CREATED, false],
  ])('%s, ended %s: follows its events: %s', (state, ended, follows) => {
    const shown = page({ state, ended });
    expect(shown.includes('data-events="../api/runs/17/events?logs=new"')).toBe(follows);
    expect(shown.includes('<noscript><meta http-equiv="refresh" content="5"/></noscript>')).toBe(follows);
    expect(shown).toContain(`</span></h1>`);
    expect(shown).toMatch(new RegExp(`<span class="state \\w+">${state}</span>`));
  });

  test('lists the steps in the order of the plan, each with an anchor and its state in words', () => {
    const shown = page({
      steps: [
        stepRecord('vm/1001', { outcome: 'applied' }),
        stepRecord('lxc/101'),
        stepRecord('lxc/102', { started: null }),
      ],
    });
    expect(
      [...shown.matchAll(/<details class="step ?" id="([^"]+)"( open)?>/g)].map(([, id, open]) => [id, open]),
    ).toEqual([
      ['vm/1001', undefined],
      ['lxc/101', ' open'],
      ['lxc/102', undefined],
    ]);
    expect([...shown.matchAll(/<\/code> <span class="state (\w+)">(\w+)/g)].map(([, ...all]) => all)).toEqual([
      ['good', 'applied'],
      ['busy', 'runs'],
      ['quiet', 'waits'],
    ]);
  });

  test('with too many steps for a graph has a graph of groups, which link to their failures', () => {
    const first = Array.from({ length: 60 }, (_, index) => stepOf(`lxc/${100 + index}`));
    const then = first.map(({ target }, index) => stepOf(`vm/${200 + index}`, { wave: 2, needs: [target] }));
    const steps = [...first, ...then];
    const records = steps.map(({ target }) => {
      return stepRecord(target, { outcome: target === 'vm/217' ? 'failed' : 'applied', ended: CREATED });
    });
    const shown = page({ plan: { from: null, to: 'a'.repeat(40), steps }, steps: records });
    expect(shown).toContain('120 steps in 2 groups.');
    expect(shown.match(/class="box [a-z]+"/g)).toEqual(['class="box good"', 'class="box bad"']);
    expect(shown).toContain('>wave 2: 60 vm</text>');
    expect(shown).toContain('>1 failed, 59 applied</text>');
    expect(shown).toMatch(/<a class="box bad" href="#vm\/217">/);
  });

  test('says before each command what it is for', () => {
    const steps = [
      stepRecord('lxc/101', { outcome: 'failed', ended: CREATED }),
      stepRecord('lxc/102', { outcome: 'applied', ended: CREATED }),
    ];
    const leads = (changed: Partial<RunDetail>) =>
      leadsOf(page({ state: 'failed', ended: CREATED, steps, ...changed }));
    // At the top, then at the step.
    expect(leads({})).toEqual([
      'To try all of it again: phoenix replay aaaaaaa',
      'To try it again: phoenix replay aaaaaaa --targets lxc/101',
    ]);
    const differs = 'To bring back what is declared: phoenix converge lxc/101';
    expect(leads({ trigger: 'drift', readOnly: true })).toEqual([differs, differs]);
  });

  test('that waits offers what failed only where it can be converged', () => {
    const at = { outcome: 'failed', ended: CREATED } as const;
    const adopt = 'somebody made it; to take it over: phoenix adopt lxc/103';
    const [gone, strange] = [
      stepRecord('lxc/102', { ...at, verb: 'delete' }),
      stepRecord('lxc/103', { ...at, reason: adopt }),
    ];
    const healed = (changed: Partial<RunDetail>) =>
      leadsOf(page({ state: 'blocked', ...changed })).filter((lead) => lead.includes('phoenix converge'));
    const tryAgain = 'To try again what failed: phoenix converge lxc/101';
    expect(healed({ steps: [stepRecord('lxc/101', at), gone, strange] })).toEqual([tryAgain]);
    expect(healed({ steps: [stepRecord('lxc/101', at)], trigger: 'command', verb: 'converge' })).toEqual([tryAgain]);
    expect(healed({ steps: [gone, strange] })).toEqual([]);
    expect(healed({ steps: [stepRecord('lxc/101', at)], trigger: 'command', verb: 'delete' })).toEqual([]);
    expect(healed({ steps: [stepRecord('lxc/101', at)], readOnly: true })).toEqual([]);
  });

  test('each table and page has a name', () => {
    for (const shown of everyPage('x')) {
      expect(shown.match(/<h1[ >]/g)).toHaveLength(1);
      expect(shown.match(/<main /g)).toHaveLength(1);
      expect(shown.match(/<table/g) ?? []).toHaveLength((shown.match(/<caption>[^<]/g) ?? []).length);
      expect(shown).toMatch(/^<!doctype html>\n<html lang="en">/);
    }
  });
});

describe('links to the forge', () => {
  test.each([
    ['github', 'https://github.com/a/b.git', 'https://github.com/a/b/commit/c1 /pull/7 /blob/c1/etc/x%20y.json#L3'],
    [
      'gitea',
      'https://git.example/sub/a/b',
      'https://git.example/sub/a/b/commit/c1 /pulls/7 /src/commit/c1/etc/x%20y.json#L3',
    ],
    [
      'gitlab',
      'ssh://git@git.example:2222/g/a/b.git',
      'https://git.example/g/a/b/-/commit/c1 /-/merge_requests/7 /-/blob/c1/etc/x%20y.json#L3',
    ],
    ['none', 'https://git.example/a/b.git', null],
    ['github', 'file:///srv/git/a.git', null],
  ] as const)('of kind %s at %s', (kind, repository, expected) => {
    const forge = forgePages(kind, repository);
    const top = forge?.commit('c1').replace(/(\/-)?\/commit\/c1$/, '') ?? '';
    const shown = [
      forge?.commit('c1'),
      ...[forge?.pull(7), forge?.file('c1', 'etc/x y.json', 3)].map((url) => url?.replace(top, '')),
    ];
    expect(forge === null ? null : shown.join(' ')).toBe(expected);
  });

  test('exist for commits, whatever a commit is called', () => {
    const links = linksFrom('/runs/17', forgePages('gitea', 'https://git.example/a/b.git'));
    const view = {
      run: runOf({ commit: '"><b>' }),
      detailed: new Set<TargetId>(),
      logs: new Map(),
      successor: null,
      commit: null,
      root: null,
    };
    const page = document(runPage(view, links), links, ASSETS);
    expect(page).toContain('<a href="https://git.example/a/b/commit/%22%3E%3Cb%3E" rel="noreferrer">');
    expect(page).not.toContain('<b>');
  });

  test('exist for the place of a problem, if its folder in the repository is known', () => {
    const links = linksFrom('/runs/17', forgePages('gitea', 'https://git.example/a/b.git'));
    const where = { file: 'etc/phoenix_lxc_configs.json', path: '', line: 114, column: 15, target: null };
    const problems: Problem[] = [{ severity: 'error', code: 'DUPLICATE_IP', message: 'taken', hint: null, ...where }];
    const run = runOf({ commit: 'c1', problems });
    const shown = (root: string | null) =>
      document(
        runPage({ run, detailed: new Set(), logs: new Map(), successor: null, commit: null, root }, links),
        links,
        ASSETS,
      );
    const at = (folder: string) => `https://git.example/a/b/src/commit/c1/${folder}etc/phoenix_lxc_configs.json#L114`;
    expect(shown('')).toContain(`href="${at('')}"`);
    expect(shown('home/pve')).toContain(`href="${at('home/pve/')}"`);
    expect(shown(null)).not.toContain('src/commit');
  });
});

test('a long name in a graph keeps its distinguishing part', () => {
  const boxes = ['certificate/nginx.example.internal', `certificate/${'x'.repeat(40)}`].map((label) => {
    return { id: label, label, word: 'applied', tone: 'good', href: null } as const;
  });
  const main = graph({ label: 'Picture', boxes, lines: [], direction: 'LR' });
  const shown = [...render({ title: 'Picture', live: null, main }).matchAll(/class="name"[^>]*>([^<]*)</g)];
  expect(shown.map(([, name]) => name)).toEqual(['certif…/nginx.example.internal', `certificate/xx…${'x'.repeat(14)}`]);
});

describe('addresses', () => {
  test.each([
    ['/', './', './runs/17'],
    ['/targets', './', './runs/17'],
    ['/runs/17', '../', '../runs/17'],
    ['/runs/17/', '../../', '../../runs/17'],
    ['/runs/17/lxc/101', '../../../', '../../../runs/17'],
  ])('on %s lead to the front page by %s', (path, home, run) => {
    const links = linksFrom(path);
    expect(links.home).toBe(home);
    expect(links.run('17' as RunId)).toBe(run);
    expect(new URL(links.step('17' as RunId, 'lxc/101' as TargetId), `http://x/below${path}`).pathname).toBe(
      '/below/runs/17/lxc/101',
    );
  });

  test('never lead to another site', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        const target = `lxc/${name}` as TargetId;
        const url = new URL(linksFrom('/targets').target(target), 'http://phoenix.example/targets');
        expect(url.host).toBe('phoenix.example');
        expect(url.search + url.hash).toBe('');
      }),
    );
  });
});

test('what differs names its fields, and more than one has a command for all', () => {
  const drifted = (target: string): TargetJson => ({
    ...{ target: target as TargetId, kind: 'lxc', name: target, state: 'doubtful', proved: null, doubt: 'differs' },
    ...{ commit: COMMIT, declared: true, running: 'running', run: null, outcome: 'applied', reason: null },
    look: {
      ...{ run: '7' as RunId, commit: COMMIT, at: CREATED, found: 'differs from what is declared', since: CREATED },
      ...{ would: [], over: false, differs: [{ field: 'memory_mb', declared: 512, observed: 999 }] },
    },
  });
  const now = new Date(CREATED);
  const home = (...targets: readonly string[]) => {
    const overview = overviewOf({
      ...{ head: null, open: [], orphans: [], certificates: [], faults: [], now },
      targets: targets.map(drifted),
    });
    const rest = {
      head: null,
      frozen: null,
      open: [],
      runs: [],
      searched: [],
      refusal: null,
      commits: null,
      older: null,
      names: new Map(),
      now,
    };
    return render(frontPage({ ...rest, overview }, linksFrom('/')));
  };
  const [one, two] = [home('lxc/101'), home('lxc/101', 'lxc/102')];
  expect(one).toContain('memory_mb is 999 instead of 512');
  expect([one, two].map((page) => page.includes('>phoenix converge<'))).toEqual([false, true]);
});
