// Package repositories of the node: changed by Proxmox's own API, and those of people left as they are.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PackageRepositories } from '../../../../src/managers/hypervisor/declared.ts';
import { digestOf } from '../../../../src/managers/hypervisor/repositories/repositories-section.ts';
import { printAptFile, readAptFiles, switched } from '../../../../src/proxmox/files/apt-repositories.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { wanted } from '../../guests.ts';
import { LOOKS, manager, partOf, withHost } from '../parts.ts';
import { broughtIn } from '../round-trip.ts';

const FOLDER = '/etc/apt/sources.list.d';
const ENTERPRISE = `${FOLDER}/pve-enterprise.sources`;
const DEBIAN = `${FOLDER}/debian.sources`;
const DOCKER = `${FOLDER}/docker.list`;
const SECURITY = { file: DEBIAN, uri: 'http://security.debian.org/debian-security', suite: null, enabled: false };

const repositoriesOf = (declared: Partial<PackageRepositories>) =>
  partOf(withHost({ packageRepositories: { standard: {}, others: [], ...declared } }), 'repositories');

testContract<LabHost>(manager, [
  {
    name: 'repositories of packages',
    open: () => openLabHost(),
    target: repositoriesOf({ standard: { enterprise: false, 'no-subscription': true }, others: [SECURITY] }),
    changed: repositoriesOf({ standard: { enterprise: true, 'no-subscription': false, test: true } }),
    state: async (host) => [...(await host.readFolders([FOLDER]))],
    looks: LOOKS,
    // Phoenix does not remove what the node has.
    removable: false,
    foreign: {
      make: (host) => host.write(DOCKER, 'deb https://download.docker.com/linux/debian trixie stable\n'),
      state: (host) => host.read(DOCKER),
    },
  },
]);

describe('on a lab host', () => {
  let host: LabHost;
  let fresh: ReadonlyMap<string, string>;
  beforeAll(async () => {
    host = await openLabHost();
    fresh = await host.readFolders([FOLDER]);
  });
  beforeEach(async () => {
    const present = await host.readFolders([FOLDER]);
    await host.removeFiles({ kind: 'remove', paths: [...present.keys()] });
    for (const [path, text] of fresh) await host.write(path, text);
    host.forget();
  });
  afterAll(() => host.close());

  const step = (declared: Partial<PackageRepositories>) =>
    convergeStep(manager, host, wanted(repositoriesOf(declared)));

  test('the repository without subscription replaces the other, each by one call', async () => {
    const digest = digestOf(readAptFiles(fresh));
    expect(await step({ standard: { enterprise: false, 'no-subscription': true } })).toMatchObject({ outcome: 'done' });
    expect(host.commands).toEqual([
      `pvesh create /nodes/localhost/apt/repositories --path ${ENTERPRISE} --index 0 --enabled 0 --digest ${digest}`,
      'pvesh set /nodes/localhost/apt/repositories --handle no-subscription',
    ]);
    expect(await host.read(ENTERPRISE)).toMatch(/\nEnabled: false\n$/);
    expect(await host.read(`${FOLDER}/proxmox.sources`)).toBe(`Types: deb
URIs: http://download.proxmox.com/debian/pve
Suites: trixie
Components: pve-no-subscription
Signed-By: /usr/share/keyrings/proxmox-archive-keyring.gpg
`);
    expect(await host.read(DEBIAN)).toBe(fresh.get(DEBIAN));
  });

  test('a file that somebody changed after it was read is not overwritten: Proxmox refuses the digest', async () => {
    const target = wanted(repositoriesOf({ standard: { test: true } }));
    const seen = await manager.observe(host, target);
    await host.write(DOCKER, 'deb https://download.docker.com/linux/debian trixie stable\n');
    const decision = manager.decide(target, seen);
    const [action] = decision.kind === 'actions' ? decision.actions : [];
    if (action?.do.kind !== 'command') throw new Error('no command');
    expect(await host.run(action.do)).toMatchObject({ exit: 255, stderr: expect.stringMatching(/detected modified/) });
  });

  test.each([
    ['is not there', DEBIAN, 'https://example.com/debian', /has no repository https:\/\/example\.com\/debian/],
    ['stands in a file that Proxmox cannot read', DOCKER, 'https://example.com/a', /cannot read .*docker\.list/],
  ])('a declared repository that %s is refused, with what to do', async (_, file, uri, reason) => {
    await host.write(DOCKER, 'deb [arch=amd64 https://example.com/a trixie main\n');
    expect(await step({ others: [{ file, uri, suite: null, enabled: true }] })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(reason),
    });
  });

  test('import writes what differs from a new node, but no repository whose address holds a password', async () => {
    expect((await broughtIn(host)).file).not.toHaveProperty('package_repositories');
    await step({ standard: { enterprise: false, 'no-subscription': true } });
    await host.write(
      DOCKER,
      '# deb https://old.example.com/ trixie main\ndeb https://download.docker.com/linux/debian trixie stable\ndeb https://ada:hunter2@example.com/a trixie main\n',
    );
    const { file, left, targets, differing } = await broughtIn(host);
    expect(file).toMatchObject({
      package_repositories: {
        standard: { enterprise: false, 'no-subscription': true },
        others: [{ file: DOCKER, uri: 'https://download.docker.com/linux/debian', suite: 'trixie' }],
      },
    });
    expect([(targets as readonly string[]).includes('hypervisor/repositories'), differing]).toEqual([true, []]);
    expect(left).toEqual([
      expect.objectContaining({ what: `hypervisor/repositories https://…@example.com/a (${DOCKER})` }),
    ]);
    expect(JSON.stringify([file, left])).not.toContain('hunter2');
  });
});

describe('as files', () => {
  const LIST = `# What it is for
deb [ arch=amd64 signed-by=/usr/share/keyrings/one.gpg ] http://example.com/debian trixie main contrib

# deb-src http://example.com/debian trixie main
`;

  test('lines are read with their remarks, those that are switched off too', () => {
    const { files, errors } = readAptFiles(new Map([['/etc/apt/sources.list', LIST]]));
    expect(errors.size).toBe(0);
    expect(files[0]?.repositories).toMatchObject([
      {
        types: ['deb'],
        components: ['main', 'contrib'],
        options: [
          ['arch', ['amd64']],
          ['signed-by', ['/usr/share/keyrings/one.gpg']],
        ],
        comment: ' What it is for\n',
        enabled: true,
      },
      { types: ['deb-src'], enabled: false },
    ]);
    expect(printAptFile('/etc/apt/sources.list', files[0]?.repositories ?? [])).toBe(LIST);
  });

  test('stanzas are read however they are folded, and say whether they are used', () => {
    const path = '/etc/apt/sources.list.d/a.sources';
    const text = '# A remark\nTypes: deb\nURIs: http://a/\n http://b/\nSuites: trixie\nComponents: main\nenabled: No\n';
    const { files } = readAptFiles(new Map([[path, text]]));
    const [one] = files[0]?.repositories ?? [];
    expect(one).toMatchObject({ uris: ['http://a/', 'http://b/'], enabled: false, comment: ' A remark\n' });
    expect(one && printAptFile(path, [switched(path, one, true)])).toBe(
      '# A remark\nTypes: deb\nURIs: http://a/ http://b/\nSuites: trixie\nComponents: main\nEnabled: true\n',
    );
  });

  test.each([
    ['a line that ends too early', 'a.list', 'deb http://example.com\n', 'malformed entry on line 1 - missing suite'],
    ['an unknown type', 'a.sources', 'Types: rpm\n', "invalid package type 'rpm'"],
    ['another extension', 'a.txt', '', 'invalid extension'],
    ['a suite without components', 'a.list', 'deb http://example.com trixie\n', 'missing component(s)'],
  ])('%s is an error of its file', (_, name, text, error) => {
    const path = `/etc/apt/sources.list.d/${name}`;
    expect(readAptFiles(new Map([[path, text]])).errors.get(path)).toContain(error);
  });

  test.each(['a.list.save', '.hidden.list', 'a.list~', 'a.sources.dpkg-old'])(
    '%s is not read, as apt does not read it',
    (name) => {
      const path = `/etc/apt/sources.list.d/${name}`;
      expect(readAptFiles(new Map([[path, 'nonsense']]))).toMatchObject({ files: [], errors: new Map() });
    },
  );
});
