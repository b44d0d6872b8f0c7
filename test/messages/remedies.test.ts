// The remedy of a failure is never cut, whatever failed and wherever it is shown.

import fc from 'fast-check';
import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, test } from 'vitest';
import { detailsOfRun, detailsOfStep } from '../../src/messages/details/details.ts';
import { plain } from '../../src/messages/details/markdown.ts';
import { mergedMarkdown } from '../../src/messages/details/merged.ts';
import { actionFailure } from '../../src/messages/failure.ts';
import { KNOWN_FAILURES, knownFailure } from '../../src/messages/problems/known-failures.ts';
import { runText } from '../../src/messages/run.ts';
import { noSigningKeys, tooManyCommits, unsigned } from '../../src/messages/statuses/policy.ts';
import { planned } from '../../src/messages/statuses/pull-request.ts';
import { ended, frozen, interrupted, invalid, rewritten } from '../../src/messages/statuses/run-status.ts';
import { MAX_STATUS_LENGTH, statusAlone } from '../../src/messages/statuses/status.ts';
import { stepEnded, stepReason } from '../../src/messages/statuses/step-status.ts';
import { rehearsalStep } from '../../src/messages/terminal/rehearsal.ts';
import type { Action } from '../../src/model/action.ts';
import { failureText, fitFailure, fitText, followedBy, withAddition } from '../../src/model/failure.ts';
import { type RunId, targetId } from '../../src/model/ids.ts';
import { ERROR_CODES, type Problem } from '../../src/model/problem.ts';
import type { StepRecord } from '../../src/model/run.ts';
import type { CommandResult } from '../../src/ports/host.ts';
import type { RunDetail } from '../../src/ports/runs.ts';
import type { Page } from '../../src/web/html/document.ts';
import { runPage, stepPage } from '../../src/web/html/run.ts';
import { linksFrom } from '../../src/web/links.ts';

const LINKS = linksFrom('/runs/17');
const render = ({ main }: Page) => renderToString(html`<div>${main}</div>`);
const RUN = '17' as RunId;
const COMMIT = 'a'.repeat(40);
const TARGET = targetId('stack', '1002.a-stack-with-quite-a-long-name');
/** The output of a program has any length, and may contain what ends a sentence of Phoenix. */
const NOISE = `error: ${'the node says much; more than fits anywhere; '.repeat(12)}/var/lib/vz/images`;

const start: Action = {
  summary: 'start 101',
  impact: 'live',
  do: { kind: 'command', program: 'pct', args: ['start', '101'], timeoutSeconds: 60 },
};

/** A message that the pattern of a remedy knows. */
const SAID = [
  'cluster not ready - no quorum?',
  'ipcc_send_rec[1] failed: Connection refused',
  "unable to open file '/etc/hosts.tmp.1' - Read-only file system",
  "kvm: cannot set up guest memory 'pc.ram': Cannot allocate memory",
  'E: Failed to fetch https://enterprise.proxmox.com/debian/pve/dists/trixie/InRelease  401  Unauthorized [IP: 1.2.3.4 443]',
  'E: Release file for http://deb.debian.org/InRelease is not valid yet (invalid for another 3h 2min 1s).',
  'SSL certificate problem: certificate has expired',
  "Temporary failure resolving 'deb.debian.org'",
  'Cannot create new thin volume, free space in thin pool pve/data reached threshold.',
  "can't lock file '/run/lock/lxc/pve-config-101.lock'",
  'CT is locked (backup)',
  'no space left on device',
  "storage 'fast' does not exist",
  'is not most recent snapshot',
  'snapshot feature is not available',
  "checksum mismatch: got '1' != expect '2', aborting",
  "checksum mismatch: got '1' != expect '2'",
  'is not configured for content type',
  "storage 'nas' is not online",
  'directory is expected to be a mount point but is not mounted',
  "could not activate storage 'tank'",
  "Can't connect to netbox api",
  "cannot reload with missing 'dnsmasq' package",
  "service 'ct:101' in error state, must be disabled and fixed first",
  "400 Rule 'home' is invalid.",
  'No replicatable volumes found',
  'template: no such template',
  'permission denied',
  'git@forge.example: Permission denied (publickey).',
  'MAX 8 vcpus allowed per VM on this node',
  "error: Host doesn't support requested features",
  'KVM virtualisation configured, but not available.',
  'cannot prepare PCI pass-through, IOMMU not present',
  "PCI device mapping not found for 'gpu'",
  'Device /dev/dri/renderD128 does not exist',
  "bridge 'vmbr7' does not exist",
  "net0: MTU size '9000' is bigger than bridge MTU '1500'",
  "hookscript error for 101 on pre-start: script 'local:snippets/x.sh' does not exist",
  "your system doesn't support hugepages of 1024 MB",
  'virtiofsd is not installed. To use virtio-fs, install virtiofsd via apt.',
  "unsupported suse release '42'",
  "base volume 'base-9000-disk-0' is still in use by linked clones",
  "can't remove CT 101 - protection mode enabled",
  "Linked clone feature for 'local:101/vm-101-disk-0.raw' is not available",
  "startup for container '101' failed",
  'start failed: QEMU exited with code 1',
];

const failures = SAID.map((said) => {
  const result: CommandResult = { exit: 255, stdout: '', stderr: `${NOISE} ${said} ${NOISE}`, ms: 1, ended: 'exited' };
  const remedy = knownFailure(said)?.remedy ?? '';
  return { said, remedy, reason: actionFailure(start, result) };
});

test('every known failure is covered by these cases', () => {
  expect(new Set(failures.map(({ remedy }) => remedy))).toEqual(new Set(KNOWN_FAILURES.map(({ remedy }) => remedy)));
  for (const { remedy } of KNOWN_FAILURES) expect(remedy).not.toContain('; ');
});

test.each([
  ['a script in Python', "FileNotFoundError: [Errno 2] No such file or directory: 'settings.toml'"],
  ['a script in Python', "ModuleNotFoundError: No module named 'yaml'"],
  ['Jinja', 'jinja2.exceptions.TemplateNotFound: site.html'],
  ['npm', 'npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE could not resolve'],
  ['esbuild', 'Could not resolve "react"'],
  ['rollup', "Could not resolve 'react' from src/main.js"],
  ['sudo', 'sudo: unable to resolve host web: Name or service not known'],
  ['a shell', 'bash: fork: Cannot allocate memory'],
  ['a JVM', "os::commit_memory failed; error='Cannot allocate memory' (errno=12)"],
  ['VFIO', 'vfio_dma_map(0x5, 0x0, 0x8, 0x7) = -12 (Cannot allocate memory)'],
  ['sysctl of a container', 'sysctl: setting key "net.core.rmem_max": Read-only file system'],
  ['a mount declared read-only', "touch: cannot touch '/srv/media/x': Read-only file system"],
  ['Node.js', "Error: EROFS: read-only file system, open '/srv/media/x'"],
  ['Go', 'verifying example.com/module@v1.2.3: checksum mismatch'],
  ['qm, of a configuration that somebody changed', 'checksum mismatch (file change by other user?)'],
  ['ip', 'Device "eth1" does not exist.'],
  ['an installer', "error: unsupported python version '3.8'"],
  ['a client', 'the server does not exist or is unreachable'],
  ['an application', 'Connection test failed: no route to the database'],
])('what %s says is not taken for a failure of the node: %s', (_, said) => {
  expect(knownFailure(said)?.code).toBeUndefined();
});

test.each([
  ['cluster not ready - no quorum?\nipcc_send_rec[1] failed: Connection refused', 'CLUSTER_FILES_DOWN'],
  ['no quorum!\npve configuration filesystem (pmxcfs) not mounted', 'CLUSTER_FILES_DOWN'],
  ['pve cluster filesystem not online.', 'CLUSTER_FILES_DOWN'],
  ['sysctl: setting key "a": Read-only file system\nCT is locked (backup)', 'GUEST_LOCKED'],
  ["cannot set up guest memory 'pc.ram': Cannot allocate memory\nstart failed: QEMU exited with code 1", 'MEMORY_FULL'],
  ['unable to fork worker - Cannot allocate memory', 'MEMORY_FULL'],
  ["unsupported and unexpected Ubuntu version '99.04'", 'UNKNOWN_SYSTEM'],
  ["storage 'nas' failed: directory '/mnt/nas' does not exist or is unreachable", 'STORAGE_INACTIVE'],
  ["Connection test failed: 500 Can't connect to otel.example.internal:4318", 'SERVER_NOT_REACHED'],
  ["Could not resolve 'deb.debian.org'", 'NAME_NOT_RESOLVED'],
  ['fatal: unable to access: Could not resolve host: git.example', 'NAME_NOT_RESOLVED'],
  ["wget: unable to resolve host address 'git.example'", 'NAME_NOT_RESOLVED'],
  ['sudo: unable to resolve host web\nError: getaddrinfo ENOTFOUND git.example', 'NAME_NOT_RESOLVED'],
  ['The certificate is NOT trusted. The certificate chain uses not yet valid certificate.', 'CLOCK_WRONG'],
  ['The certificate is NOT trusted. The certificate chain uses expired certificate.', 'CERTIFICATE_EXPIRED'],
])('%s is %s', (said, code) => {
  expect(knownFailure(said)?.code).toBe(code);
});

const READ_ONLY = "cannot create 'rpool/data/vm-101-disk-0': Read-only file system";
const MEMORY = 'device-mapper: reload ioctl on pve-vm--101--disk--0 failed: Cannot allocate memory';
const ran = (program: string, ...args: string[]): Action['do'] => ({
  kind: 'command',
  program,
  args,
  timeoutSeconds: 60,
});

test.each<readonly [Action['do'], said: string, code: string | undefined]>([
  [ran('pct', 'create', '101'), READ_ONLY, 'READ_ONLY_DISK'],
  [ran('qm', 'set', '101'), MEMORY, 'MEMORY_FULL'],
  [ran('pvesm', 'alloc', 'local-lvm'), MEMORY, 'MEMORY_FULL'],
  [ran('zfs', 'create', 'rpool/data'), READ_ONLY, 'READ_ONLY_DISK'],
  [{ kind: 'remove', paths: ['/etc/phoenix.conf'] }, "EROFS: read-only file system, unlink '/etc/x'", 'READ_ONLY_DISK'],
  // A program of the guest, its hook script, or another server may print the same.
  [ran('pct', 'exec', '101', '--', 'sh'), READ_ONLY, undefined],
  [ran('qm', 'guest', 'exec', '101'), MEMORY, undefined],
  [ran('pct', 'start', '101'), MEMORY, undefined],
  [ran('apt-get', 'install', 'x'), READ_ONLY, undefined],
])('the system says of %o, which runs no script or may, %s', (act, said, code) => {
  const result: CommandResult = { exit: 1, stdout: '', stderr: said, ms: 1, ended: 'exited' };
  const told = actionFailure({ summary: 'do it', impact: 'live', do: act }, result);
  expect(KNOWN_FAILURES.filter((each) => told.includes(each.remedy)).map((each) => each.code)).toEqual(
    code === undefined ? [] : [code],
  );
});

function step(reason: string, outcome: StepRecord['outcome'] = 'failed'): StepRecord {
  const at = '2026-01-02T03:04:05.000Z';
  return {
    target: TARGET,
    verb: 'update',
    impact: 'live',
    outcome,
    reason,
    attempts: 1,
    started: at,
    ended: at,
    actions: [],
  };
}

function runOf(steps: readonly StepRecord[]): RunDetail {
  const planStep = (each: StepRecord) => ({
    target: each.target,
    kind: 'stack',
    verb: each.verb,
    impact: each.impact,
    needs: [],
    wave: 1,
    approval: false,
    approvals: 0,
    protected: false,
    changes: [],
  });
  return {
    id: RUN,
    commit: COMMIT,
    trigger: 'push',
    verb: null,
    readOnly: false,
    state: 'failed',
    created: '2026-01-02T03:04:05.000Z',
    started: null,
    ended: '2026-01-02T03:04:05.000Z',
    by: 'ada',
    steps,
    plan: { from: null, to: COMMIT, steps: steps.map(planStep) },
    reason: null,
    problems: [],
    approvals: [],
    notes: [],
    supersededBy: null,
  } as unknown as RunDetail;
}

describe.each(failures)('$said', ({ remedy, reason }) => {
  const sentences = {
    alone: reason,
    'rolled back': stepReason.rolledBack(reason),
    'put back': stepReason.putBack(reason),
    'not rolled back': stepReason.notRolledBack('changed, but not healthy: exit 1', reason),
    'rolling back failed without a remedy': stepReason.notRolledBack(reason, 'pct rollback 101: was stopped'),
    'no way back': stepReason.failedWithoutWayBack(reason, `${NOISE}`.replaceAll(';', ',')),
    'yet done': stepReason.failedYetDone(reason),
  };

  test.each(Object.entries(sentences))('%s: the statuses of the step and of the run', (_, sentence) => {
    const said = [
      stepEnded('failed', sentence),
      ended(RUN, [step(sentence), step('x', 'applied')]),
      ended(RUN, [step(sentence, 'blocked')]),
    ];
    for (const each of said) {
      const { description } = statusAlone(COMMIT, 'phoenix/apply', each);
      expect(description.length).toBeLessThanOrEqual(MAX_STATUS_LENGTH);
      expect(description).toContain(remedy);
    }
  });

  test('checks, comments, pages, the command line', () => {
    const many = runOf(
      Array.from({ length: 300 }, (_, index) => ({
        ...step(reason, index < 250 ? 'applied' : 'failed'),
        target: targetId('lxc', 100 + index),
      })),
    );
    const one = runOf([step(reason)]);
    const markdown = plain(remedy);
    expect(detailsOfStep(one, TARGET, 'failure', [])?.summary).toContain(markdown);
    for (const whole of [detailsOfRun(many, 'failure', '').summary, mergedMarkdown(many, null)]) {
      expect(whole.split(markdown).length - 1).toBeGreaterThanOrEqual(50);
      expect(Buffer.byteLength(whole)).toBeLessThan(65_000 * 2);
    }
    expect(runText({ ...one, problems: [], reason: null }, false)).toContain(remedy);
    expect(rehearsalStep({ target: TARGET, outcome: 'failed', actions: 1, reason }, TARGET.length, false)).toContain(
      remedy,
    );
    const view = { run: one, detailed: new Set([TARGET]), logs: new Map(), successor: null, commit: null, root: null };
    const [only = step(reason)] = one.steps;
    for (const page of [runPage(view, LINKS), stepPage(view, only, LINKS)]) expect(render(page)).toContain(remedy);
  });
});

describe('problems', () => {
  const place = {
    file: 'stacks/a-stack-with-quite-a-long-name/docker-compose.yml',
    path: '/x',
    line: 1234,
    column: 5,
    target: TARGET,
  };
  const problemOf = (code: Problem['code'], hint: string | null): Problem => ({
    severity: 'error',
    code,
    ...place,
    message: NOISE,
    hint,
  });

  test.each(ERROR_CODES)('%s: the status of the commit and of the pull request ends with the remedy', (code) => {
    const hint = 'Give one of both another address of the subnet, or declare it as dhcp.';
    const problem = problemOf(code, hint);
    const plan = { from: null, to: COMMIT, steps: [] };
    const told = [invalid([problem]), planned({ plan, problems: [{ ...problem, new: true }], ok: false })];
    for (const each of told) {
      const { description } = statusAlone(COMMIT, 'phoenix/plan', { state: 'failure', description: each.description });
      expect(description).toContain(hint);
    }
    const { description } = statusAlone(COMMIT, 'phoenix/x', stepEnded('blocked', stepReason.held(problem)));
    expect(description).toContain(hint);
  });

  test('a remedy that is longer than a status is replaced by the place where it is written in full', () => {
    const { description } = invalid([problemOf('PLAINTEXT_SECRET', 'Do this and that. '.repeat(20))]);
    expect(description.length).toBeLessThanOrEqual(MAX_STATUS_LENGTH);
    expect(description).toMatch(/^1 error.*docker-compose.yml:1234.*; phoenix validate says what to do$/);
  });

  test('an annotation of any length ends with the remedy', () => {
    const long = { ...problemOf('BAD_RULE', 'Write one port.'), message: 'x'.repeat(40_000) };
    const run = { ...runOf([]), problems: [long] };
    const [annotation] = detailsOfRun(run, 'failure', '').annotations;
    expect(fitText(annotation?.message ?? '', 16_000)).toMatch(/Write one port\.$/);
  });
});

test.each([
  [unsigned(COMMIT, NOISE), 'sign it and push again'],
  [noSigningKeys(), 'set PHOENIX_SIGNING_KEYS'],
  [tooManyCommits(1000), 'push them in parts'],
  [frozen(NOISE), 'to go on: phoenix unfreeze'],
  [interrupted(COMMIT), 'to check again: phoenix replay aaaaaaa'],
  [rewritten(COMMIT, 'b'.repeat(40)), 'phoenix replay aaaaaaa --rewind'],
])('a sentence about the whole run ends in what to do: %#', (said, remedy) => {
  expect(statusAlone(COMMIT, 'phoenix/apply', said).description).toContain(remedy);
});

describe('truncation', () => {
  const word = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((text) => !/;|\s/.test(text));

  test('any sentence keeps its remedy whole and stays within the limit', () => {
    fc.assert(
      fc.property(word, fc.string({ maxLength: 400, unit: 'grapheme' }), word, (what, why, remedy) => {
        const failure = { what, why, remedy };
        for (const text of [
          fitText(failureText(failure), MAX_STATUS_LENGTH),
          fitFailure(failure, MAX_STATUS_LENGTH, { what, remedy: 'see it' }),
        ]) {
          expect(text.length).toBeLessThanOrEqual(MAX_STATUS_LENGTH);
          expect(text.isWellFormed()).toBe(true);
          expect(text.endsWith(`; ${remedy}`)).toBe(true);
        }
      }),
    );
  });

  test('text that fits is unchanged; text without a remedy is cut in its middle', () => {
    expect(fitText('short', MAX_STATUS_LENGTH)).toBe('short');
    expect(fitText(`begin ${'x'.repeat(300)} end`, 20)).toBe('begin xxxxxx…xxx end');
  });

  test('additions come before the remedy', () => {
    expect(withAddition('no disk; add one', 'the old one serves')).toBe('no disk (the old one serves); add one');
    expect(followedBy('no disk; add one', 'no snapshot')).toBe('no disk, and no snapshot; add one');
    expect(followedBy('no disk; add one', 'no snapshot; take one')).toBe(
      'no disk (add one), and no snapshot; take one',
    );
  });
});
