// Foreign text is shown literally in checks and comments: parsed as GitHub's Markdown it becomes no link, image, HTML or other markup, and GitHub,
// Gitea and GitLab find no mention of a user, an issue or a commit in it.

import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { page } from '../../../deploy/actions/report.ts';
import { truncateMarkdown } from '../../../src/io/forge/truncate-markdown.ts';
import {
  detailsOfPull,
  detailsOfRun,
  detailsOfSentence,
  detailsOfStep,
} from '../../../src/messages/details/details.ts';
import { block, code, folded, link, plain, table } from '../../../src/messages/details/markdown.ts';
import { mergedMarkdown } from '../../../src/messages/details/merged.ts';
import { ASKED, pullMarkdown } from '../../../src/messages/details/pull.ts';
import type { CommitSha, RunId, TargetId } from '../../../src/model/ids.ts';
import type { PlanStep } from '../../../src/model/plan.ts';
import type { ClassifiedProblem } from '../../../src/model/problem.ts';
import type { PullPlan } from '../../../src/model/pull.ts';
import type { StepRecord } from '../../../src/model/run.ts';
import type { RunDetail } from '../../../src/ports/runs.ts';
import { runs } from '../../support/runs.ts';

const OURS = 'https://phoenix.example.org/runs/12';

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly lang?: string | null;
  readonly children?: readonly Node[];
}

function nodesOf(markdown: string): readonly Node[] {
  const tree = fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const all = (node: Node): Node[] => [node, ...(node.children ?? []).flatMap(all)];
  return all(tree as Node);
}

/** Elements that Phoenix itself writes; any other of these kinds would come from text from outside. */
const HTML_OF_OURS = /^<details><summary>((?:[^<]|<\/?code>)*)<\/summary>$|^<\/details>$/;
const FORMS: ReadonlySet<string> = new Set(['root', 'paragraph', 'text', 'inlineCode', 'code']);
const FORMS_OF_OURS: ReadonlySet<string> = new Set([
  ...FORMS,
  ...['list', 'listItem', 'strong', 'emphasis', 'table', 'tableRow', 'tableCell', 'thematicBreak', 'link', 'html'],
]);

/** Rendered texts outside of code, in which a forge would find references. */
const REFERENCES: ReadonlyArray<readonly [what: string, seen: RegExp]> = [
  ['an address', /[a-z][a-z0-9+.-]*:\/\/|www\.|(?:mailto|xmpp):\S/i],
  ['an e-mail address', /[\w.+-]+@[\w-]+/],
  ['a person or team', /@[\w-]/],
  ['an issue', /#\w|\bGH-\d/i],
  ['an issue of a tracker', /[A-Z]-\d/i],
  ['a merge request, label, milestone, snippet or epic', /[!~%&$^*]["\w]/],
  ['an extended reference, a wiki page, a table of contents', /\[[\w[+-]/],
  ['an inline difference', /\{[\w+:-]/],
  ['a commit', /[0-9a-f]{7}/i],
  ['an advisory', /GHSA-\w/i],
  ['a picture by its short name', /:[\w+-]+:/],
];

function decoded(text: string): string {
  return text
    .replaceAll(/<code>.*?<\/code>/gs, ' ')
    .replaceAll(/&#(\d+);/g, (_, digits) => String.fromCharCode(digits));
}

/** What others managed to form; empty as it should be. */
function formed(markdown: string, forms: ReadonlySet<string> = FORMS_OF_OURS): string[] {
  const nodes = nodesOf(markdown);
  const ofNode = (node: Node): string[] => {
    if (!forms.has(node.type)) return [`${node.type}: ${JSON.stringify(node.value ?? node.url ?? '')}`];
    if (node.type === 'link') return node.url === OURS ? [] : [`a link to ${node.url}`];
    if (node.type !== 'text' && node.type !== 'html') return [];
    const own = node.type === 'html' ? HTML_OF_OURS.exec(node.value ?? '') : null;
    if (node.type === 'html' && own === null) return [`HTML: ${node.value}`];
    const text = own === null ? (node.value ?? '') : decoded(own[1] ?? '');
    return REFERENCES.filter(([, seen]) => seen.test(text)).map(([what]) => `${what} in ${JSON.stringify(text)}`);
  };
  return nodes.flatMap(ofNode);
}

/** On lines of their own, in the middle of a word, of a sentence, at its beginning and its end. */
const HOSTILE = [
  ['an address', 'https://evil.example/a?b=c#d'],
  ['an address without a scheme', 'www.evil.example'],
  ['an address of another scheme', 'ftp://evil.example, xmpp:a@evil.example/x and git+ssh://evil.example'],
  ['an address in angle brackets', '<https://evil.example>'],
  ['an address after a bracket', '(http://evil.example).'],
  ['an address in capitals', 'HTTPS://EVIL.EXAMPLE and WWW.EVIL.EXAMPLE'],
  ['an e-mail address', 'ada@example.org or mailto:ada@example.org'],
  ['a person', '@ada'],
  ['a team', 'cc @org/team, (@ada) and "@ada"'],
  ['an issue', '#1, GH-1, gh-2, owner/repo#1 and JIRA-12'],
  ['what GitLab refers to', '!1 ~label ~"a label" %milestone %"a b" &1 $1 ^alert#1 [vulnerability:1] *iteration:1'],
  ['a page of a wiki', '[[Home]] and [[_TOC_]]'],
  ['a commit', '3f2a1bc, 0123456789abcdef0123456789abcdef01234567 and owner/repo@3f2a1bc'],
  ['an advisory', 'CVE-2021-44228 GHSA-jfhx-qrvw-wxyz'],
  ['a link', '[x](https://evil.example) [x](javascript:alert(1)) [x][y] [x]'],
  ['a definition', '[x]: https://evil.example\n\n[x]'],
  ['a picture', '![x](https://evil.example/x.png)'],
  ['a footnote', '[^1]\n\n[^1]: https://evil.example'],
  ['HTML', '<img src=x onerror=alert(1)> <b>x</b> <!-- x --> </details> <a href="https://evil.example">x</a>'],
  ['an entity', '&lt;b&gt; &#64;ada &commat;ada &#x68;ttps://evil.example'],
  ['a short name of a picture', ':rocket: :+1:'],
  ['a task', '- [ ] do it\n- [x] done'],
  ['a heading', '# x\n\nx\n===\n\nx\n---'],
  ['a list', '- x\n+ x\n* x\n1. x\n1) x'],
  ['a quotation', '> [!NOTE]\n> x'],
  ['code by indentation', '    x'],
  ['a fence', '```mermaid\nflowchart LR\n  a --> b\n  click a "https://evil.example"\n```\n~~~\nx'],
  ['a fence that ends one', '``````\n# x @ada https://evil.example'],
  ['a table', '| a | b |\n| --- | --- |\n| @ada | www.evil.example |'],
  ['backticks', 'a ` @ada ` `` @ada `` ``` x'],
  ['a backslash at the end', '@ada \\'],
  ['backslashes before marks', '\\[x\\](https://evil.example) \\\\<b> \\@ada'],
  ['emphasis', '**x** __x__ *x* _x_ ~~x~~'],
  ['a formula', '$\\href{https://evil.example}{x}$ $`x`$ $$x$$'],
  ['a difference', '{+ x +} [- x -] {+x+}'],
  ['a command to GitLab', '/close\n/approve\n/label ~x'],
  ['line breaks of every kind', 'a\r\n\r\n# b\r# c\u2028# d\u0085# e\v# f'],
  ['what turns the direction of writing', '\u202e@ada\u2066 https://evil.example'],
] as const;

const fragments = [
  ...HOSTILE.map(([, text]) => text),
  ...[
    '@',
    '#',
    '!',
    '~',
    '%',
    '&',
    '$',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '`',
    '``',
    '```',
    '|',
    '\\',
    '*',
    '_',
    '{',
    '}',
    ':',
  ],
  ...['\n', '\n\n', '\t', ' ', '    ', '-', '+', '=', '.', '/', '^', '"', "'", '1', 'a', 'www', 'http', '://', 'x@y.z'],
  ...[
    '\u00a0',
    '\u200b',
    '\u3000',
    'é',
    '1.',
    '- ',
    '> ',
    '<!--',
    '-->',
    '<details>',
    '</details>',
    '&#',
    ';',
    '0a1b2c3',
  ],
];
const text = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...fragments), { maxLength: 10 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);

describe('the tests’ Markdown reader finds', () => {
  test.each(HOSTILE.slice(0, 17))('%s', (_, given) => {
    expect(formed(given)).not.toEqual([]);
  });

  test('links and HTML of Phoenix itself', () => {
    expect(formed(`${link('run 12', OURS)}\n\n${folded('lxc/101: update', block(['x']))}`)).toEqual([]);
    expect(formed(link('run 12', 'https://other.example'))).toEqual(['a link to https://other.example']);
  });
});

describe.each(HOSTILE)('%s forms no Markdown', (_, given) => {
  test.each([
    ['in words', plain(given)],
    ['in words after others', `so ${plain(`x ${given}`)} it is`],
    ['in words in a list', `- **error** ${plain(given)}.`],
    ['in code', code(given)],
    ['in code after words', `in ${code(given)}, ${code(`\`${given}`)}`],
    ['in a block', block(given.split('\n'))],
    ['in a block of one line', block([given], 'diff')],
    ['in a table', table(['A', 'B'], [[plain(given), code(given)]])],
    ['in a folded part', folded(given, block([given]))],
    ['in the words of a link', link(given, OURS)],
  ])('%s', (__, markdown) => {
    expect(formed(markdown)).toEqual([]);
  });

  test('is shown literally', () => {
    const shown = nodesOf(plain(given)).map(({ type, value }) =>
      type === 'text' || type === 'inlineCode' ? value : '',
    );
    const words = (all: string) => all.replaceAll(/[\u200b\s?]|\p{Cc}|[\u2028\u202a-\u202e\u2066-\u2069]/gu, '');
    expect(words(shown.join(''))).toBe(words(given));
  });
});

describe('no text forms Markdown', () => {
  test('in prose, code, a block or a title', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(formed(plain(one), FORMS)).toEqual([]);
        expect(formed(`${code(one)} ${plain(other)} ${code(other)}`, FORMS)).toEqual([]);
        expect(formed(block([one, other]), FORMS)).toEqual([]);
        expect(formed(folded(one, block([other])))).toEqual([]);
      }),
      { numRuns: runs(80) },
    );
  });

  test('in a table, which keeps its columns', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const markdown = table(
          ['A', 'B'],
          [
            [plain(one), code(other)],
            ['x', 'y'],
          ],
        );
        expect(formed(markdown)).toEqual([]);
        const rows = nodesOf(markdown).filter(({ type }) => type === 'tableRow');
        expect(rows.map(({ children }) => children?.length)).toEqual([2, 2, 2]);
      }),
      { numRuns: runs(80) },
    );
  });

  test('and code is unchanged except for line breaks and control characters', () => {
    fc.assert(
      fc.property(text, (given) => {
        const [shown, ...more] = nodesOf(table(['A'], [[code(`x${given}x`)]])).filter(
          ({ type }) => type === 'inlineCode',
        );
        expect(more).toEqual([]);
        const words = (all = '') =>
          all.replaceAll(/[\u200b\s?]|\p{Cc}|\p{Zs}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '');
        expect(words(shown?.value)).toBe(words(`x${given}x`));
      }),
      { numRuns: runs(80) },
    );
  });
});

test.each([
  ['marks', ')'],
  ['backticks apart', '` '],
  ['bars', '\\|'],
  ['short names', ':a'],
  ['sigils', '@#'],
  ['addresses', 'https://a.b)'],
])('a very long text of %s is written in good time', (_, each) => {
  const long = `x${each.repeat(50_000)}x`;
  for (const written of [plain(long), code(long), block([long]), folded(long, '')]) {
    expect(written.length).toBeGreaterThan(long.length / 2);
  }
});

// The contents of checks and comments, with hostile text in every place for text from outside

const SHA = 'b'.repeat(40) as CommitSha;

function problem(given: string): ClassifiedProblem {
  const place = { file: given, path: given, line: 1, column: 1, target: null };
  return { severity: 'error', code: 'DUPLICATE_IP', ...place, message: given, hint: given, new: true };
}

function stepWith(given: string): PlanStep {
  const changes = [{ path: given, before: given, after: [given] }];
  const target = `lxc/${given}` as TargetId;
  const costs = { impact: 'restart', approval: true, approvals: 1, protected: false } as const;
  return { target, kind: 'lxc', verb: 'update', needs: [`vm/${given}` as TargetId], wave: 1, changes, ...costs };
}

function runWith(given: string): RunDetail {
  const step: StepRecord = {
    target: `lxc/${given}` as TargetId,
    verb: 'update',
    impact: 'restart',
    outcome: 'failed',
    reason: given,
    attempts: 1,
    started: null,
    ended: null,
    actions: [{ summary: given, exit: 1, ms: 1 }],
  };
  const request = {
    commit: SHA,
    trigger: 'push',
    by: given,
    created: '',
    targets: null,
    rewind: false,
    readOnly: false,
  } as const;
  const marks = {
    id: '12' as RunId,
    commit: SHA,
    trigger: 'push',
    verb: null,
    readOnly: false,
    state: 'failed',
  } as const;
  return {
    ...marks,
    ...{ created: '', started: null, ended: null, by: given, steps: [step], digests: {}, request },
    approvals: [{ target: `lxc/${given}` as TargetId, by: given, at: '', where: given }],
    notes: [given],
    jobs: {},
    ...{ held: {}, supersededBy: given, reason: given, problems: [problem(given)] },
    plan: { from: SHA, to: SHA, steps: [stepWith(given)] },
  };
}

function pullWith(given: string): PullPlan {
  const commits = { head: SHA, base: SHA, from: 'c'.repeat(40) as CommitSha };
  const plan = { from: SHA, to: SHA, steps: [stepWith(given)] };
  const words = { title: given, author: given, root: given, created: '' };
  return {
    pull: 7,
    ...commits,
    ...words,
    plan,
    problems: [problem(given)],
    held: [`lxc/${given}` as TargetId],
    notes: [given],
    ok: false,
  };
}

/** Every Markdown text of Phoenix, by its kind. */
function saidWith(given: string): Readonly<Record<string, string>> {
  const run = runWith(given);
  const target = `lxc/${given}` as TargetId;
  const summary = { create: 0, update: 1, delete: 0 };
  const counts = { error: 1, warning: 0 };
  return {
    'the check of a pull request': detailsOfPull(pullWith(given), OURS).summary,
    'the comment with a plan': pullMarkdown(pullWith(given), OURS),
    'the check of a run': detailsOfRun(run, 'failure', '').summary,
    'the check of a run that was not planned': detailsOfRun({ ...run, plan: null }, 'failure', '').summary,
    'the check of a step': detailsOfStep(run, target, 'failure', given.split('\n'))?.summary ?? '',
    'a check without details': detailsOfSentence({ description: given }).summary,
    'the comment on a merge': mergedMarkdown(run, OURS),
    'who may not': ASKED.mayNot(given),
    'who cannot be told': ASKED.unknown(given, given),
    'a refusal': ASKED.refused(given),
    'what waits not': ASKED.nothingWaits([target]),
    'what was approved': ASKED.approved([target], [target]),
    'the page of a workflow': page({ ok: true, from: SHA, to: SHA, summary, approvals: 1, counts, plan: given }),
  };
}

/** Headings of the page of a workflow are Phoenix's own. */
const withoutHeading = (markdown: string) => markdown.replace(/^## .*\n/, '');

test.each(Object.keys(saidWith('')))('%s: nothing that others wrote forms anything', (what) => {
  const given = fc.oneof(fc.constantFrom(...HOSTILE.map(([, each]) => each)), text);
  fc.assert(
    fc.property(given, (each) => {
      expect(formed(withoutHeading(saidWith(each)[what] ?? ''))).toEqual([]);
    }),
    { numRuns: runs(40) },
  );
});

test('text that is truncated to the limit of a forge forms no Markdown either', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 200, max: 1500 }), (given, most) => {
      for (const markdown of Object.values(saidWith(given))) {
        expect(formed(withoutHeading(truncateMarkdown(markdown, most, null)))).toEqual([]);
      }
    }),
    { numRuns: runs(15) },
  );
});
