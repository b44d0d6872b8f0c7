// Every file that a shipped feature writes is accepted by the program that reads it: the real one, where installed. A feature that writes a file that
// is not in the table fails here.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { NGINX, openNginxBox } from '../managers/gateway/real-nginx.ts';
import { openTraefikBox, TRAEFIK } from '../managers/gateway/real-traefik.ts';
import { findProgram } from '../support/programs.ts';
import { testAuthority } from '../support/services/tls.ts';
import { until } from '../support/until.ts';
import { runFeature, type Written } from './run-feature.ts';

const FEATURES = new URL('../../etc/features/', import.meta.url);
const names = readdirSync(FEATURES).filter((name) => existsSync(new URL(`${name}/install.sh`, FEATURES)));

const SYSTEMD = findProgram('systemd-analyze', 'PHOENIX_TEST_SYSTEMD_ANALYZE');
const APT = findProgram('apt-get', 'PHOENIX_TEST_APT_GET');
const DOCKERD = findProgram('dockerd', 'PHOENIX_TEST_DOCKERD');
const FINDMNT = findProgram('findmnt', 'PHOENIX_TEST_FINDMNT');

/** How a file is tried. */
interface Trial {
  /** The program that reads it; undefined if this machine does not have it; `name` says which. */
  readonly program: string | undefined;
  readonly name: string;
  /** Fails where it is not taken. */
  readonly take: (file: Written) => void | Promise<void>;
}

/** In a separate folder, under its base name. */
function placed<T>(file: Written, use: (path: string, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'phoenix-written-'));
  const path = join(folder, file.path.split('/').at(-1) ?? '');
  try {
    writeFileSync(path, file.text);
    return use(path, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const unit: Trial = {
  program: SYSTEMD,
  name: 'systemd-analyze',
  // The program that it starts is not on this machine.
  take: (file) =>
    placed({ ...file, text: file.text.replaceAll(/^ExecStart=\S*/gm, 'ExecStart=/bin/true') }, (path) => {
      const { stderr, status } = spawnSync(SYSTEMD ?? '', ['verify', path], { encoding: 'utf8' });
      const about = stderr.split('\n').filter((line) => line.includes(path.split('/').at(-1) ?? ''));
      expect(about.filter((line) => !/user|group/i.test(line))).toEqual([]);
      expect(status, stderr).toBe(0);
    }),
};

const sources = (uri: string): Trial => ({
  program: APT,
  name: 'apt-get',
  take: (file) =>
    placed(file, (_, folder) => {
      // It prints what it would download, and downloads nothing.
      const options = [
        ...['Dir::Etc::sourcelist=/dev/null', `Dir::Etc::sourceparts=${folder}`, 'Debug::NoLocking=1'],
        ...[`Dir::State::lists=${folder}/lists`, `Dir::Cache=${folder}`],
      ];
      mkdirSync(`${folder}/lists/partial`, { recursive: true });
      const words = ['update', '--print-uris', ...options.flatMap((each) => ['-o', each])];
      const printed = execFileSync(APT ?? '', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      expect(printed).toContain(uri);
    }),
});

const shell: Trial = {
  program: '/bin/sh',
  name: 'sh',
  take: (file) => placed(file, (path) => void execFileSync('/bin/sh', ['-n', path])),
};

const nginxSite: Trial = {
  program: NGINX,
  name: 'nginx',
  async take({ path, text }) {
    const box = await openNginxBox(1, '10.0.0.153', '10.0.0.12');
    try {
      box.write(path, text);
      const args = ['exec', '101', '--', 'nginx', '-t'];
      expect(await box.host.run({ kind: 'command', program: 'pct', args, timeoutSeconds: 20 })).toMatchObject({
        exit: 0,
      });
    } finally {
      await box.close();
    }
  },
};

const traefikStatic: Trial = {
  program: TRAEFIK,
  name: 'traefik',
  async take({ path, text }) {
    const box = await openTraefikBox('10.0.0.12');
    try {
      box.write(path, text);
      await box.restart();
      const answers = (asked: string) =>
        box.ask(asked).then(
          ({ status }) => status === 200,
          () => false,
        );
      await until(async () => !box.alive() || ((await answers('/api/rawdata')) && (await answers('/ping'))), box.log);
      expect(box.alive(), box.log()).toBe(true);
    } finally {
      await box.close();
    }
  },
};

/** Of the daemon's own description: options of a driver are texts. */
const dockerDaemon: Trial = {
  program: DOCKERD ?? 'JSON',
  name: 'dockerd',
  take: (file) => {
    const { 'log-driver': driver, 'log-opts': options, ...rest } = JSON.parse(file.text);
    expect([driver, rest]).toEqual(['json-file', {}]);
    expect(Object.values(options).every((each) => typeof each === 'string')).toBe(true);
    expect(Object.keys(options).filter((name) => name !== 'max-size' && name !== 'max-file')).toEqual([]);
    if (DOCKERD !== undefined)
      placed(file, (path) => void execFileSync(DOCKERD, ['--validate', `--config-file=${path}`], { stdio: 'pipe' }));
  },
};

const fstab: Trial = {
  program: FINDMNT,
  name: 'findmnt',
  take: (file) =>
    placed(file, (path) => {
      const words = ['--tab-file', path, '--json', '-o', 'SOURCE,TARGET,FSTYPE,OPTIONS'];
      const { filesystems } = JSON.parse(execFileSync(FINDMNT ?? '', words, { encoding: 'utf8' }));
      expect(filesystems).toEqual([
        {
          source: '10.0.0.13:/tank/data',
          target: '/mnt/data',
          fstype: 'nfs',
          options: 'defaults,_netdev,nofail,x-phoenix',
        },
      ]);
    }),
};

const certificate: Trial = {
  program: 'node',
  name: 'node',
  take: ({ text }) => expect(new X509Certificate(text).ca).toBe(true),
};

/** Read as plain text by what the feature sets up. */
const holds = (text: string | RegExp): Trial => ({
  program: 'text',
  name: 'text',
  take: (file) => expect(file.text).toMatch(text),
});

/** Downloaded, or created by a program that reads it itself: not written by the feature. */
const others: Trial = { program: 'others', name: 'others', take: () => {} };

/** By feature: each file that it writes. */
const TABLE: Readonly<Record<string, Readonly<Record<string, Trial>>>> = {
  base_setup: {
    '/etc/localtime': holds('/usr/share/zoneinfo/Europe/Berlin'),
    '/etc/timezone': holds(/^Europe\/Berlin\n$/),
    '/usr/share/zoneinfo/Europe/Berlin': others,
  },
  docker: {
    '/etc/apt/keyrings/docker.asc': others,
    '/etc/apt/sources.list.d/docker.sources': sources('https://download.docker.com/linux/debian'),
    '/etc/docker/daemon.json': dockerDaemon,
  },
  nfs_volumes: { '/etc/fstab': fstab },
  nginx_gateway: { '/etc/nginx/conf.d/00-gateway.conf': nginxSite },
  nvidia: {},
  ollama: { '/etc/systemd/system/ollama.service': unit },
  step_ca: {
    '/etc/apt/keyrings/smallstep.asc': others,
    '/etc/apt/sources.list.d/smallstep.sources': sources('https://packages.smallstep.com/stable/debian'),
    '/etc/step-ca/certs/root_ca.crt': others,
    '/etc/step-ca/config/ca.json': others,
    '/etc/step-ca/password': holds(/^\S{40,}\n$/),
    '/etc/step-ca/provisioner-password': holds(/^\S{40,}\n$/),
    '/etc/systemd/system/step-ca.service': unit,
  },
  step_cli: {
    '/etc/apt/keyrings/smallstep.asc': others,
    '/etc/apt/sources.list.d/smallstep.sources': sources('https://packages.smallstep.com/stable/debian'),
  },
  template_cleanup: { '/etc/machine-id': holds(/^$/) },
  traefik: {
    '/etc/systemd/system/traefik.service': unit,
    '/etc/traefik/traefik.yml': traefikStatic,
    '/usr/local/bin/traefik': others,
  },
  trusted_ca: { '/usr/local/share/ca-certificates/phoenix-root-ca.crt': certificate },
  user_password: {},
  vllm: {
    '/etc/systemd/system/vllm.service': unit,
    '/etc/vllm/arguments': holds(/^--max-model-len\n4096\n$/),
    '/etc/vllm/model': holds(/^some\/model\n$/),
    '/opt/vllm/bin/pip': others,
    '/opt/vllm/bin/python': others,
    '/opt/vllm/bin/vllm': others,
    '/usr/local/bin/vllm-serve': shell,
  },
};

const VARIABLES: Record<string, string> = {
  TIMEZONE: 'Europe/Berlin',
  NFS_VOLUMES: '10.0.0.13:/tank/data ROOT/mnt/data',
  NVIDIA_DRIVER_VERSION: '1.0',
  NVIDIA_RUNFILE_URL: 'https://example.com/driver.run',
  CA_ROOT_NAME: 'Example',
  CA_DNS_NAME: 'ca.example.internal',
  CA_PROVISIONER: 'phoenix',
  CA_URL: 'https://10.0.0.10:9000',
  VLLM_MODEL: 'some/model',
  VLLM_ARGS: '--max-model-len\n4096',
  USER_NAME: 'ada',
  PASSWORD_HASH: '$6$salt$hash',
};

beforeAll(async () => {
  const { root } = await testAuthority();
  VARIABLES['CA_ROOT'] = root;
  VARIABLES['CA_ROOT_FINGERPRINT'] = createHash('sha256').update(new X509Certificate(root).raw).digest('hex');
});

const run = (name: string): Written[] =>
  runFeature(readFileSync(new URL(`${name}/install.sh`, FEATURES), 'utf8'), { variables: VARIABLES });

test.each(names)('%s writes what is in the table, and nothing else', (name) => {
  const table = Object.keys(TABLE[name] ?? {}).sort();
  expect(run(name).map(({ path }) => path)).toEqual(table);
});

const trials = Object.entries(TABLE).flatMap(([feature, files]) =>
  Object.entries(files).flatMap(([path, trial]) => (trial === others ? [] : [{ feature, path, trial }])),
);

describe.each(trials)('$feature: $path', ({ feature, path, trial }) => {
  const without = trial.program === undefined ? ` (no ${trial.name} on this machine)` : '';
  test.skipIf(trial.program === undefined)(`is taken by ${trial.name}${without}`, async () => {
    const file = run(feature).find((each) => each.path === path);
    if (file === undefined) throw new Error(`${feature} does not write ${path}`);
    await trial.take(file);
  });
});

test('an existing foreign file stays', () => {
  for (const path of ['/etc/traefik/traefik.yml', '/etc/docker/daemon.json', '/etc/nginx/conf.d/00-gateway.conf']) {
    const [feature] = Object.entries(TABLE).find(([, files]) => path in files) ?? [''];
    const script = readFileSync(new URL(`${feature}/install.sh`, FEATURES), 'utf8');
    const left = runFeature(script, { variables: VARIABLES, before: { [path]: 'mine\n' } });
    expect(left.map((each) => each.path)).not.toContain(path);
  }
});
