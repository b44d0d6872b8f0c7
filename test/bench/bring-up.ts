// The cost of the whole reference environment: created on an empty host, and checked again afterwards.

import { PROXMOX_PROGRAMS } from 'phoenix-lab/host';
import { failed, reference, type Sent, type Standing, stand } from '../faults/standing.ts';
import type { Measurement } from './report.ts';

/** What a look at everything may cost on a host where all is as declared, however much is declared. */
const MAX_TO_LOOK = 12;

export async function measureBringUp(): Promise<Measurement> {
  const standing = await stand();
  try {
    const files = reference();
    const { steps } = standing.plan(files);
    const facts = steps.reduce((sum, { changes }) => sum + changes.length, 0);
    const first = await counted(standing, () => standing.apply(files));
    const second = await counted(standing, () => standing.again());
    const ratio = first.proxmox / facts;
    return {
      title: 'The reference environment',
      about: [
        `${steps.length} targets on an empty lab host, and a second time when everything stands. A fact is one value of a`,
        'declaration that the host does not have yet. Proxmox commands that only look are counted: each takes most of a second.',
      ].join('\n  '),
      lines: [
        { what: 'facts that differ', measured: String(facts), goal: null },
        { what: 'Proxmox commands', measured: String(first.proxmox), goal: null },
        {
          what: 'Proxmox commands per fact',
          measured: ratio.toFixed(2),
          goal: { text: '≤ 1', met: ratio <= 1 },
        },
        { what: 'other programs, requests, files written', measured: String(first.others), goal: null },
        {
          what: 'second time: actions, files written',
          measured: `${second.actions}, ${second.written}`,
          goal: { text: '0, 0', met: second.actions === 0 && second.written === 0 },
        },
        {
          what: 'second time: Proxmox commands, constant',
          measured: String(second.proxmox),
          goal: { text: `≤ ${MAX_TO_LOOK}`, met: second.proxmox <= MAX_TO_LOOK },
        },
        {
          what: 'second time: other programs, requests',
          measured: String(second.others - second.written),
          goal: null,
        },
      ],
    };
  } finally {
    await standing.close();
  }
}

/** @throws Error naming what did not go well */
async function counted({ host }: Standing, act: Standing['again']) {
  host.forget();
  const { steps, sent } = await act();
  const bad = failed(steps);
  if (bad.length > 0) throw new Error(bad.join('\n'));
  const isProxmox = (line: string): boolean => (line.split(' ')[0] ?? '') in PROXMOX_PROGRAMS;
  const proxmox = host.commands.filter(isProxmox).length;
  const unlike = sent.filter(({ line }: Sent) => !isProxmox(line) && !host.commands.includes(line));
  return {
    actions: steps.reduce((sum, step) => sum + step.actions, 0),
    proxmox,
    others: host.commands.length - proxmox + unlike.length,
    written: sent.filter(({ line }: Sent) => line.startsWith('write ')).length,
  };
}
