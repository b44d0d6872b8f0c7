// Makes a bare clone ready, then runs the npm script named on the command line. It runs on any Node from 20 on: the
// locked packages bring Node 24 (the development dependency `node`), which npm then puts first on PATH by itself.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.phoenix-set-up`;

const [script, ...args] = process.argv.slice(2);
if (!script) fail('usage: node scripts/set-up.mjs NPM-SCRIPT [ARGUMENT …]', 2);

installPackages();
provide('git', {});
provide('redis-server', { dnf: 'redis', apk: 'redis', pacman: 'redis', brew: 'redis' });
process.exitCode = run('npm', ['run', '--silent', script, ...(args.length ? ['--', ...args] : [])]);

function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing the locked packages (npm ci)');
  if (run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']) !== 0) fail('npm ci failed: see above', 3);
  const node = spawnSync(`${root}node_modules/.bin/node`, ['--version'], { encoding: 'utf8' });
  if (node.status !== 0 || Number.parseInt(node.stdout.slice(1), 10) < 24) {
    fail('the package "node" did not bring Node 24; allow its install script: npm rebuild node', 3);
  }
  mkdirSync(`${root}node_modules`, { recursive: true });
  writeFileSync(stamp, lock);
}

/** A program of the system: installed where that needs no password, else the one command is named. */
function provide(program, packages) {
  if (has(program)) return;
  const installers = {
    'apt-get': [['update'], ['install', '-y', '--no-install-recommends']],
    dnf: [['install', '-y']],
    apk: [['add']],
    pacman: [['-S', '--noconfirm']],
    brew: [['install']],
  };
  const installer = Object.keys(installers).find(has);
  if (!installer) fail(`${program} is missing: install it with your system’s package manager`, 3);
  const name = packages[installer] ?? program;
  const steps = installers[installer].map((step, at, all) => (at === all.length - 1 ? [...step, name] : step));
  const mayInstall = installer === 'brew' || process.getuid?.() === 0;
  if (!mayInstall) fail(`${program} is missing: run "sudo ${installer} ${steps.at(-1).join(' ')}" once`, 3);
  say(`installing ${name} with ${installer}`);
  for (const step of steps) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const done = spawnSync(installer, step, { encoding: 'utf8', env });
    if (done.status !== 0) fail(`${installer} ${step.join(' ')} failed:\n${done.stderr}`, 3);
  }
}

function has(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

function run(program, programArgs) {
  return spawnSync(program, programArgs, { cwd: root, stdio: 'inherit' }).status ?? 1;
}

function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

function fail(text, code) {
  say(text);
  process.exit(code);
}
