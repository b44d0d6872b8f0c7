// What the whole reference environment costs: brought up on an empty host, and looked at again when it stands.

import { fileURLToPath } from 'node:url';
import { carryOutPlan, recordingHost } from '../../src/cli/rehearse/carry-out-plan.ts';
import { supplyLab } from '../../src/cli/rehearse/supply-lab.ts';
import { supplySecrets } from '../../src/cli/rehearse/supply-secrets.ts';
import { folderSource } from '../../src/cli/source.ts';
import { load } from '../../src/config/load.ts';
import { PROXMOX_PROGRAMS } from '../../src/lab/proxmox/programs.ts';
import { allTargets, impactOf } from '../../src/managers/index.ts';
import type { TargetId } from '../../src/model/ids.ts';
import type { Target } from '../../src/model/target.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Host } from '../../src/ports.ts';
import { ORIGIN } from '../managers/guests.ts';
import { openLabHost } from '../support/lab-host.ts';
import type { Measurement } from './report.ts';

const PRODUCT = fileURLToPath(new URL('../..', import.meta.url));
/** What a look at everything may cost on a host where all is as declared, however much is declared. */
const MOST_TO_LOOK = 12;

type Targets = ReadonlyMap<TargetId, Target>;

interface Counts {
  /** Each takes most of a second on a real host. */
  proxmox: number;
  programs: number;
  requests: number;
  written: number;
}

export async function measureBringUp(): Promise<Measurement> {
  const { config } = load(await folderSource(PRODUCT, undefined), { strictSecrets: false });
  if (config === null) throw new Error('the reference configuration has errors: see `phoenix validate`');
  const lab = await openLabHost();
  try {
    supplyLab(lab.dir, config);
    supplySecrets(lab.dir, config);
    const targets = allTargets(config);
    const first = await carriedOut(lab, new Map(), targets);
    const second = await carriedOut(lab, targets, targets);
    const ratio = (first.counts.proxmox + first.actions) / first.facts;
    const { proxmox, programs, requests, written } = second.counts;
    return {
      title: 'The reference environment',
      about: [
        `${targets.size} targets on an empty lab host, and a second time when everything stands. A fact is one value of a`,
        'declaration that the host does not have yet. Proxmox commands that only look are counted.',
      ].join('\n  '),
      lines: [
        { what: 'facts that differ', measured: String(first.facts), goal: null },
        { what: 'Proxmox commands', measured: String(first.counts.proxmox), goal: null },
        { what: 'actions of every kind', measured: String(first.actions), goal: null },
        {
          what: 'Proxmox commands and actions per fact',
          measured: ratio.toFixed(2),
          goal: { text: '≤ 1', met: ratio <= 1 },
        },
        {
          what: 'second time: actions, files written',
          measured: `${second.actions}, ${written}`,
          goal: { text: '0, 0', met: second.actions === 0 && written === 0 },
        },
        {
          what: 'second time: Proxmox commands, constant',
          measured: String(proxmox),
          goal: { text: `≤ ${MOST_TO_LOOK}`, met: proxmox <= MOST_TO_LOOK },
        },
        { what: 'second time: other programs, requests', measured: `${programs}, ${requests}`, goal: null },
      ],
    };
  } finally {
    await lab.close();
  }
}

async function carriedOut(lab: Host, before: Targets, after: Targets) {
  const also = before === after ? new Set(after.keys()) : new Set<TargetId>();
  const made = makePlan({ from: null, to: ORIGIN.commit, before, after, also, impact: impactOf });
  if (made.kind === 'cycle') throw new Error(`${made.cycle.join(' needs ')}: a ring`);
  const { host, counts } = counting(lab);
  const rehearsal = { plan: made.plan, before, after, origin: ORIGIN, rollback: false, approved: false };
  const steps = await carryOutPlan(recordingHost(host), rehearsal, () => {});
  const bad = steps.find(({ outcome }) => outcome !== 'applied' && outcome !== 'unchanged');
  if (bad !== undefined) throw new Error(`${bad.target} is ${bad.outcome}: ${bad.reason}`);
  return {
    counts,
    actions: steps.reduce((sum, step) => sum + step.actions, 0),
    facts: made.plan.steps.reduce((sum, step) => sum + step.changes.length, 0),
  };
}

function counting(lab: Host): { readonly host: Host; readonly counts: Counts } {
  const counts: Counts = { proxmox: 0, programs: 0, requests: 0, written: 0 };
  const host: Host = {
    ...lab,
    run(command, options) {
      if (command.program in PROXMOX_PROGRAMS) counts.proxmox += 1;
      else counts.programs += 1;
      return lab.run(command, options);
    },
    request(request, options) {
      counts.requests += 1;
      return lab.request(request, options);
    },
    writeFile(write) {
      counts.written += 1;
      return lab.writeFile(write);
    },
  };
  return { host, counts };
}
