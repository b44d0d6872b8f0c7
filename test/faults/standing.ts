// The reference environment on a lab host, applied by the agent's code, and changed by later commits. Everything that is sent to the host is
// recorded, so that a test can also check what was not sent.

import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { convergeStep } from '../../src/agent/apply/converge.ts';
import { carryOutPlan, type Rehearsed, recordingHost } from '../../src/cli/rehearse/carry-out-plan.ts';
import { supplyLab } from '../../src/cli/rehearse/supply-lab.ts';
import { supplySecrets } from '../../src/cli/rehearse/supply-secrets.ts';
import type { Config } from '../../src/managers/config.ts';
import { allTargets, impactOf, managerOf } from '../../src/managers/index.ts';
import type { HttpRequest } from '../../src/model/action.ts';
import { kindOf, type TargetId } from '../../src/model/ids.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Target } from '../../src/model/target.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Host, HttpAnswer } from '../../src/ports/host.ts';
import { type Files, loadFiles, snapshotOf } from '../load/environment.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';
import { repositoryFiles } from '../support/repository-files.ts';

/** What the host was asked to do, in order: command lines, requests, and paths of written files. */
export interface Sent {
  readonly target: TargetId;
  readonly line: string;
}

export interface Standing {
  readonly host: LabHost;
  /** Applies these files; `from`: the files that were applied before, default none. Resolves to the steps that failed, and to what was sent. */
  apply(files: Files): Promise<{ readonly steps: readonly Rehearsed[]; readonly sent: readonly Sent[] }>;
  /** Observes everything once more, whatever the ledger contains. */
  again(): ReturnType<Standing['apply']>;
  /** The actions of a dry run of these files. */
  would(files: Files): Promise<readonly string[]>;
  /** Targets that a commit would touch. */
  plan(files: Files): Plan;
  /** Every file of the lab with its size and the time of its last change. */
  footprint(): ReadonlyMap<string, string>;
  /** Answers a request in place of the service; undefined: the service answers. */
  answer: (request: HttpRequest) => Partial<HttpAnswer> | undefined;
  close(): Promise<void>;
}

/** The reference environment, with changes to the parsed content of some files. */
export function reference(changes: (files: Files) => void = () => {}): Files {
  const files: Files = Object.fromEntries(
    Object.entries(repositoryFiles()).map(([path, text]) => [path, path.endsWith('.json') ? JSON.parse(text) : text]),
  );
  changes(files);
  return files;
}

export const LXC = 'etc/phoenix_lxc_configs.json';
export const VM = 'etc/phoenix_vm_configs.json';
export const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
export const CERTIFICATES = 'etc/certificate-manifest.json';

/** A configuration that has no errors. */
export function sound(files: Files): Config {
  const { config, problems } = loadFiles(files);
  if (config === null) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return config;
}

export async function stand(): Promise<Standing> {
  const contents: Record<string, string> = {};
  const host = await openLabHost([], contents);
  const sent: Sent[] = [];
  const recording = recordingHost(host);
  let applied: ReadonlyMap<TargetId, Target> = new Map();

  function noted(target: TargetId, inner: Host): Host {
    const note = (line: string) => sent.push({ target, line });
    return {
      ...inner,
      run(command, options) {
        note([command.program, ...command.args].join(' '));
        return inner.run(command, options);
      },
      writeFile(write) {
        note(`write ${write.path}`);
        return inner.writeFile(write);
      },
      request(request, options) {
        note(`${request.method} ${request.url} ${JSON.stringify(request.body ?? null)}`);
        const given = standing.answer(request);
        if (given === undefined) return inner.request(request, options);
        return Promise.resolve({ ...NO_ANSWER, ended: 'answered', ...given });
      },
    };
  }

  function planned(after: ReadonlyMap<TargetId, Target>, also: ReadonlySet<TargetId> = new Set()): Plan {
    const made = makePlan({ from: null, to: 'next', before: applied, after, also, impact: impactOf });
    if (made.kind === 'cycle') throw new Error(made.cycle.join(' → '));
    return made.plan;
  }

  async function carry(plan: Plan, after: ReadonlyMap<TargetId, Target>) {
    sent.length = 0;
    const hosts = { ...recording, of: (target: TargetId) => noted(target, recording.of(target)) };
    const rehearsal = { plan, before: applied, after, origin: ORIGIN, rollback: true, approved: true };
    const steps = await carryOutPlan(hosts, rehearsal, () => {});
    applied = after;
    return { steps, sent: [...sent] };
  }

  function supply(files: Files): Config {
    const config = sound(files);
    for (const { blob, bytes } of snapshotOf(files).files.values())
      contents[blob] = new TextDecoder().decode(bytes as Uint8Array);
    supplyLab(host.dir, config);
    for (const [name, value] of Object.entries(supplySecrets(host.dir, config).environment))
      contents[`env:${name}`] = value;
    return config;
  }

  const standing: Standing = {
    host,
    answer: () => undefined,
    apply(files) {
      const after = allTargets(supply(files));
      return carry(planned(after), after);
    },
    again: () => carry(planned(applied, new Set(applied.keys())), applied),
    async would(files) {
      const after = allTargets(sound(files));
      const said: string[] = [];
      for (const { target } of planned(after).steps) {
        const ending = await convergeStep({
          host,
          manager: managerOf(kindOf(target)),
          wanted: {
            target,
            spec: after.get(target)?.spec,
            before: applied.get(target)?.spec,
            origin: ORIGIN,
            approved: true,
            protected: false,
          },
          touched: false,
          rollback: true,
          readOnly: 'would',
          inventory: null,
          leaseGuard: { assertHeld: async () => {}, touch: refuse, record: refuse },
          log: { write: () => {}, flush: async () => {} },
          signal: new AbortController().signal,
        });
        said.push(...(ending.would ?? []));
      }
      return said;
    },
    plan: (files) => planned(allTargets(sound(files))),
    footprint() {
      const paths = readdirSync(host.dir, { recursive: true, encoding: 'utf8' }).sort();
      return new Map(
        paths.flatMap((path) => {
          const { size, mtimeMs, isFile } = lstat(join(host.dir, path));
          return isFile ? [[path, `${size} ${mtimeMs}`] as const] : [];
        }),
      );
    },
    close: () => host.close(),
  };
  return standing;
}

const NO_ANSWER: HttpAnswer = {
  status: null,
  headers: {},
  body: '',
  certificate: null,
  ended: 'lost',
  message: '',
  ms: 0,
};

const ORIGIN = { repository: 'https://git.example/infra.git', commit: 'c'.repeat(40) };

async function refuse(): Promise<void> {
  throw new Error('a dry run changes nothing');
}

function lstat(path: string): { size: number; mtimeMs: number; isFile: boolean } {
  const stats = lstatSync(path);
  return { size: stats.size, mtimeMs: stats.mtimeMs, isFile: stats.isFile() };
}

/** What went otherwise than well. */
export function failed(steps: readonly Rehearsed[]): string[] {
  return steps
    .filter(({ outcome }) => outcome !== 'applied' && outcome !== 'unchanged')
    .map(({ target, reason }) => `${target}: ${reason}`);
}
