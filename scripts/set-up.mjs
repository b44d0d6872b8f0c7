// Sets up a fresh clone, then runs the npm script named on the command line. It runs on any Node from 20 on: the locked packages contain Node 24 (the
// development dependency `node`), which npm then puts first on PATH.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { missingParts } from './parts.mjs';
import { everywhere, fail, has, install, installLocked, ROOT, run, say } from './programs.mjs';

const [script, ...args] = process.argv.slice(2);
if (!script) fail('usage: node scripts/set-up.mjs NPM-SCRIPT [ARGUMENT …]', 2);

installPackages();
if (!has('git')) install('git', everywhere('git'));
if (!has('redis-server')) install('redis-server', { ...everywhere('redis'), 'apt-get': ['redis-server'] });
if (script === 'check') {
  for (const { program, without } of missingParts()) say(`without ${program}, tests are skipped: ${without}`);
  if (missingParts().length > 0) say('test/README.md says how they run, and `npm run parts` brings what is missing');
}
process.exitCode = run('npm', ['run', '--silent', script, ...(args.length ? ['--', ...args] : [])]);

function installPackages() {
  if (!installLocked(ROOT)) return;
  const node = spawnSync(`${ROOT}node_modules/.bin/node`, ['--version'], { encoding: 'utf8' });
  if (node.status !== 0 || Number.parseInt(node.stdout.slice(1), 10) < 24) {
    rmSync(`${ROOT}node_modules/.phoenix-set-up`);
    fail('the package "node" did not bring Node 24; allow its install script: npm rebuild node', 3);
  }
}
