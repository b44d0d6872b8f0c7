// What holds the repository together beside its code: links of the documentation, the version of Node, scripts and workflows.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { findProgram } from './support/programs.ts';

type Page = ReturnType<typeof fromMarkdown>;
type Nodes = Page | Page['children'][number];

const TOP = fileURLToPath(new URL('..', import.meta.url));
const FILES = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: TOP })
  .toString()
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(TOP, file)));
const read = (file: string) => readFileSync(join(TOP, file), 'utf8');

test('every link of the documentation leads to a file that is there, and to a heading that it has', () => {
  const pages = FILES.filter((file) => file.endsWith('.md'));
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((url) => !/^[a-z]+:/.test(url) && !leads(page, decodeURI(url)))
      .map((url) => `${page}: ${url}`),
  );
  expect(pages.length).toBeGreaterThan(10);
  expect(broken).toEqual([]);
});

test('comments name only modules that are there', () => {
  const modules = FILES.filter((file) => /\.(ts|mjs)$/.test(file));
  const names = new Set(modules.map((file) => basename(file)));
  const named = modules.flatMap((file) =>
    [...read(file).matchAll(/^\s*(?:\/\/|\/?\*).*$/gm)]
      .flatMap(([line]) => line.match(/[\w.-]+\.(?:ts|mjs)\b/g) ?? [])
      .map((name) => ({ file, name })),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ name }) => !names.has(name))).toEqual([]);
});

test('no type is asserted past the compiler in src, but in the registry of kinds', () => {
  const sources = FILES.filter((file) => /^src\/.*\.tsx?$/.test(file));
  expect(sources.length).toBeGreaterThan(500);
  expect(sources.filter((file) => read(file).includes('as unknown as'))).toEqual(['src/managers/index.ts']);
});

test('the package, the image and .node-version name one version of Node', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
  const version = read('.node-version').trim();
  expect(devDependencies['node']).toBe(version);
  expect(read('deploy/container/Dockerfile')).toContain(`ARG NODE=${version}-`);
});

const SHELLCHECK = findProgram('shellcheck', 'PHOENIX_TEST_SHELLCHECK');
describe.skipIf(SHELLCHECK === undefined)(`scripts${SHELLCHECK === undefined ? ' (no shellcheck)' : ''}`, () => {
  test('of features, deployment and repository are sound to shellcheck', () => {
    const scripts = FILES.filter(
      (file) => statSync(join(TOP, file)).isFile() && /^#!.*\b(ba|da)?sh\b/.test(read(file)),
    );
    expect(scripts.length).toBeGreaterThan(12);
    // SC1091: a file of the guest that a script reads is not here.
    const { status, stdout } = spawnSync(SHELLCHECK ?? '', ['--exclude=SC1091', ...scripts], { cwd: TOP });
    expect([status, stdout.toString()]).toEqual([0, '']);
  });
});

const ZIZMOR = findProgram('zizmor', 'PHOENIX_TEST_ZIZMOR');
describe.skipIf(ZIZMOR === undefined)(`workflows${ZIZMOR === undefined ? ' (no zizmor)' : ''}`, () => {
  test('hold nothing that zizmor finds, at its most pedantic', () => {
    const { status, stdout } = spawnSync(ZIZMOR ?? '', ['--offline', '--persona=pedantic', '.github'], { cwd: TOP });
    expect([status, stdout.toString()]).toEqual([0, expect.not.stringContaining('error[')]);
  });
});

function linksOf(page: string): string[] {
  const links: string[] = [];
  const walk = (node: Nodes) => {
    if (node.type === 'link' || node.type === 'image' || node.type === 'definition') links.push(node.url);
    if ('children' in node) node.children.forEach(walk);
  };
  walk(parsed(page));
  return links;
}

/** GitHub's way to name a heading. */
function headingsOf(page: string): string[] {
  const textOf = (node: Nodes): string =>
    'value' in node ? node.value : 'children' in node ? node.children.map(textOf).join('') : '';
  return parsed(page)
    .children.filter((node) => node.type === 'heading')
    .map((node) =>
      textOf(node)
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    );
}

function leads(page: string, url: string): boolean {
  const [path = '', heading] = url.split('#');
  const file = path === '' ? page : relative(TOP, join(TOP, dirname(page), path));
  if (!existsSync(join(TOP, file))) return false;
  return heading === undefined || !file.endsWith('.md') || headingsOf(file).includes(heading);
}

const PAGES = new Map<string, ReturnType<typeof fromMarkdown>>();

function parsed(page: string): ReturnType<typeof fromMarkdown> {
  const known = PAGES.get(page);
  if (known !== undefined) return known;
  const root = fromMarkdown(read(page), { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  PAGES.set(page, root);
  return root;
}
