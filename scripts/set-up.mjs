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
provideRedis();
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

function provideRedis() {
  if (has('redis-server')) return;
  const installers = [
    ['apt-get', [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']]],
    ['dnf', [['install', '-y', 'redis']]],
    ['apk', [['add', 'redis']]],
    ['pacman', [['-S', '--noconfirm', 'redis']]],
    ['brew', [['install', 'redis']]],
  ];
  const [program, steps] = installers.find(([name]) => has(name)) ?? [];
  const asRoot = program === 'brew' || process.getuid?.() === 0;
  if (!program) fail('redis-server is missing: install Redis 6.2 or newer with your system’s package manager', 3);
  if (!asRoot) fail(`redis-server is missing: run "sudo ${program} ${steps.at(-1).join(' ')}" once`, 3);
  say(`installing redis-server with ${program}`);
  for (const step of steps) {
    const done = spawnSync(program, step, {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (done.status !== 0) fail(`${program} ${step.join(' ')} failed:\n${done.stderr}`, 3);
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
