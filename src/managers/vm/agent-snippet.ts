// Phoenix works inside VMs by the guest agent, which cloud images lack. A cloud-init snippet installs it in VMs that are created from one. Where
// storage `local` is not in its default form, the image has to contain the agent.

import type { Action } from '../../model/action.ts';
import type { HostFacts } from '../guest/observe/observation.ts';
import { action } from '../guest/proxmox/command.ts';

const NAME = 'phoenix-guest-agent.yaml';

const SNIPPET = `#cloud-config
package_update: true
packages:
  - qemu-guest-agent
runcmd:
  - [systemctl, enable, --now, qemu-guest-agent]
`;

/** Arguments for `qm create`; clones inherit the setting. */
export function agentArgs(host: HostFacts): string[] {
  return host.localContents !== null ? ['--cicustom', `vendor=local:snippets/${NAME}`] : [];
}

export function writeAgentSnippet(host: HostFacts): Action[] {
  if (host.localContents === null) return [];
  const content = { from: 'text', text: SNIPPET } as const;
  const write = { kind: 'file', path: `/var/lib/vz/snippets/${NAME}`, content, mode: 0o644 } as const;
  return [action('write the snippet that installs the guest agent', 'live', write)];
}
