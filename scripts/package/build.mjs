// Builds what a release contains: `node build.mjs FOLDER`. Node strips types of no file below `node_modules` and loads a thousand small
// modules in half a second, so a release is JavaScript in a few files, with the packages that it uses and their licenses.
//
//   package.json        name, version, command; no dependencies
//   dist/               the command line, the Git thread, the container's health check, and what they share
//   src/web/static/     files that the pages refer to
//   packages/           packages whose files are read from the disk
//   etc/ deploy/        as in the checkout
//   LICENSES            of the packages in dist/ and packages/

import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { rolldown } from 'rolldown';
import { AJV_OPTIONS } from '../../src/compose/compile-specification.ts';
import specification from '../../src/compose/compose-spec.json' with { type: 'json' };

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const ENTRIES = {
  main: 'src/main.ts',
  'thread-main': 'src/io/git/thread/thread-main.ts',
  health: 'deploy/container/health.ts',
};
/** The lab is a package of its own; the other one is built for one machine, and everything runs without it. */
const EXTERNAL = [/^phoenix-lab(\/|$)/, 'msgpackr-extract'];
/** Found by `packageFolder` of src/product.ts. */
const READ_FROM_DISK = { '@bull-board/ui': ['package.json', 'dist'] };
const COPIED = ['CHANGELOG.md', 'LICENSE', 'etc', 'deploy', 'src/web/static'];
/** Settings of a compose file in this checkout. */
const PRIVATE = ['deploy/.env', 'deploy/.env.agent', 'deploy/secrets'];

/** Puts the compiled check of compose files in the place of its compilation, which takes a process 150 ms. */
const COMPILED_SPECIFICATION = {
  name: 'compiled-specification',
  load(id) {
    if (id !== join(TOP, 'src/compose/compile-specification.ts')) return null;
    const ajv = new Ajv({ ...AJV_OPTIONS, code: { source: true, esm: true } });
    const check = standaloneCode.default(ajv, ajv.compile(specification));
    return { code: `${check}\nexport const compiledSpecification = () => validate;\n`, moduleType: 'js' };
  },
};

const [folder] = process.argv.slice(2);
if (folder === undefined || folder.startsWith('-')) {
  process.stderr.write('usage: node build.mjs FOLDER\n');
  process.exit(2);
}
await build(resolve(folder));

async function build(into) {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  const bundled = await bundle(join(into, 'dist'));
  for (const path of COPIED) {
    const filter = (from) => !PRIVATE.some((part) => from === join(TOP, part));
    await cp(join(TOP, path), join(into, path), { recursive: true, filter });
  }
  for (const [name, parts] of Object.entries(READ_FROM_DISK)) {
    const from = join(TOP, 'node_modules', name);
    for (const part of parts) await cp(join(from, part), join(into, 'packages', name, part), { recursive: true });
    bundled.add(from);
  }
  await writeFile(join(into, 'LICENSES'), await licenses([...bundled].sort()));
  const { name, version, description, license, type, engines } = JSON.parse(
    await readFile(join(TOP, 'package.json'), 'utf8'),
  );
  const manifest = { name, version, description, license, type, bin: { phoenix: 'dist/main.js' }, engines };
  await writeFile(join(into, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Writes the bundle. Returns the folders of the packages that it contains. */
async function bundle(into) {
  const built = await rolldown({
    cwd: TOP,
    input: ENTRIES,
    platform: 'node',
    external: EXTERNAL,
    plugins: [COMPILED_SPECIFICATION],
    // The sources are written for the version of Node that runs them.
    transform: { target: 'esnext' },
    tsconfig: false,
    // A few packages have a module for bundlers beside one that finds its parts by paths that change here.
    resolve: { mainFields: ['module', 'main'] },
    onLog: (level, log, report) => {
      // Packages call `eval` in ways that a bundle keeps.
      if (log.code === 'EVAL') return;
      if (level === 'warn') throw new Error(log.message);
      report(level, log);
    },
  });
  const { output } = await built.generate({
    format: 'esm',
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await built.close();
  await mkdir(into);
  for (const { fileName, code } of output) await writeFile(join(into, fileName), ascii(code, fileName));
  await chmod(join(into, 'main.js'), 0o755);
  const modules = output.flatMap(({ moduleIds }) => moduleIds);
  return new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []));
}

/**
 * The same code in ASCII, as escapes: V8 keeps the text of every file, with two bytes for each character if one does not fit into Latin-1.
 *
 * @throws Error for code that an escape would change
 */
function ascii(code, fileName) {
  const [escaped] = /\\[^\p{ASCII}]|\bString\.raw`[^`]*[^\p{ASCII}]/u.exec(code) ?? [];
  if (escaped !== undefined) throw new Error(`${fileName} cannot be written in ASCII: ${escaped}`);
  return code.replaceAll(/[^\p{ASCII}]/gu, (character) =>
    // One escape for each UTF-16 unit; a regular expression with the flag `u` takes two of them for one character.
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** The names, versions and license texts of packages. */
async function licenses(folders) {
  const texts = [];
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
    const own = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    texts.push([`${name} ${version} (${license})`, ...own.map((text) => text.trim())].join('\n\n'));
  }
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
