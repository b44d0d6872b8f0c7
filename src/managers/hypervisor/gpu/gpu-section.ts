// The NVIDIA driver of the host is only compared: installing it means building a kernel module and often a reboot, which a push never causes. A
// person installs it on the host.

import { type Comparison, valueField } from '../../comparison.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { actions, textOf } from '../act.ts';
import type { Section } from '../section.ts';

type GpuSpec = { readonly version: string | null };

interface Seen {
  /** Version of the loaded kernel module; null: none. */
  readonly running: string | null;
}

const VERSION_FILE = '/proc/driver/nvidia/version';
const INSTALL = 'phoenix setup --install-gpu-driver';

const compares: Comparison<GpuSpec, Seen> = {
  fields: [
    valueField('nvidia_driver.version', ['version'], {
      declared: ({ version }) => version,
      observed: ({ running }) => running,
      asSeen: (spec, { running }) => (running === null ? spec : { version: running }),
    }),
  ],
};

export const gpu: Section<GpuSpec, Seen, Seen> = {
  name: 'gpu',
  declared: ({ hypervisor: { nvidia } }) =>
    nvidia?.install === true ? { spec: { version: nvidia.version }, needs: [] } : null,
  impact: () => 'live',
  inventory: see,
  quickCheck: (seen) => seen,
  observe: see,
  decide: ({ spec }, seen) => (spec === undefined ? actions() : compare(String(spec.version), seen)),
  compares,
  isThere: (_wanted, { running }) => running !== null,
  health: () => null,
};

async function see(host: HostReader): Promise<Seen> {
  return { running: versionIn((await textOf(host, VERSION_FILE)) ?? '') };
}

/** `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  …`, or `… Open Kernel Module for x86_64  570.86.15  …`. */
function versionIn(text: string): string | null {
  return /^NVRM version:.*?Kernel Module\D.*?\s(\d+(?:\.\d+)+)\s/m.exec(text)?.[1] ?? null;
}

function compare(version: string, { running }: Seen): Decision {
  if (running === version) return actions();
  const found = running === null ? 'runs no NVIDIA driver' : `runs NVIDIA driver ${running}`;
  return { kind: 'blocked', reason: `the host ${found}: ${INSTALL} on the host installs ${version}` };
}
