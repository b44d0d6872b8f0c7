// The parts of the host that a container's options refer to: bridges, devices, scripts. Missing ones are refused.
import { existsSync, statSync } from 'node:fs';
import { type Properties, parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { bridges } from '../../host/links/links.ts';
import { parseDisk } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { type LabNode, pathOf } from '../node.ts';
import { Refusal, refuse } from '../refusal.ts';
import { located, pathOfVolume } from '../storage/storage.ts';

/** Refuses a hook script that is not a snippet, missing, or not executable. */
export function checkHookScript(node: LabNode, id: string): void {
  if (located(node, id).volume.type !== 'snippets') refuse(`'${id}' is not in the snippets directory`);
  const file = pathOf(node, pathOfVolume(node, id));
  if (!existsSync(file)) refuse(`script '${id}' does not exist`);
  if ((statSync(file).mode & 0o111) === 0) refuse(`script '${id}' is not executable`);
}

/** The hook script is run before its guest starts (pve-guest-common, PVE/GuestHelpers.pm, exec_hookscript). */
export function checkHookBeforeStart(node: LabNode, id: number, script: string | undefined): void {
  if (script === undefined) return;
  try {
    checkHookScript(node, script);
  } catch (error) {
    if (error instanceof Refusal) refuse(`hookscript error for ${id} on pre-start: ${error.message}\n`);
    throw error;
  }
}

/** The properties of a container's network device. */
export function networkOf(text: string): Properties {
  const read = parsePropertyString('lxc/net', text);
  return read.ok ? read.properties : refuse(read.errors.join('\n'));
}

/** The MTU of a bridge; refuses a missing bridge. */
function bridgeMtu(node: LabNode, name: string): number {
  return bridges(node).get(name) ?? refuse(`bridge '${name}' does not exist`);
}

/** Refuses an MTU above the bridge's, and IPv6 autoconfiguration where the host manages the device. */
export function checkNetwork(
  node: LabNode,
  name: string,
  { mtu, bridge = '', ip6, link_down, ...rest }: Properties,
): void {
  if (mtu !== undefined && Number(mtu) > bridgeMtu(node, bridge))
    refuse(`${name}: MTU size '${mtu}' is bigger than bridge MTU '${bridgeMtu(node, bridge)}'`);
  if (link_down !== '1' && rest['host-managed'] === '1' && ip6 === 'auto')
    refuse(`${name}: SLAAC is not supported for host-managed network configuration.`);
}

/** Refuses maps of a mount's ids that share one (pve-container, PVE/LXC.pm, validate_id_maps). */
export function checkIdMaps(maps: string | undefined): void {
  if (maps === undefined || maps === 'passthrough') return;
  const entries = maps.split(';').map((map) => {
    const [type, ...numbers] = map.split(':');
    const [container = 0, host = 0, count = 0] = numbers.map(Number);
    return { type, container, host, count, words: map.replaceAll(':', ' ') };
  });
  for (const type of ['u', 'g'])
    for (const side of ['container', 'host'] as const) {
      const sorted = entries.filter((one) => one.type === type).sort((one, other) => one[side] - other[side]);
      for (const [index, one] of sorted.entries()) {
        const before = sorted[index - 1];
        if (before !== undefined && before[side] + before.count > one[side])
          refuse(
            `invalid map entry '${one.words}': ${side} ${type}id ${one[side]} is also mapped by entry '${before.words}'`,
          );
      }
    }
}

/** Refuses to pass through a device that the host does not have. */
export function checkDevice(node: LabNode, text: string): void {
  const read = parsePropertyString('lxc/dev', text);
  const path = (read.ok ? read.properties['path'] : undefined) ?? refuse('Path has to be defined');
  if (!existsSync(pathOf(node, path))) refuse(`Device ${path} does not exist`);
}

/** Errors of generating the LXC configuration; the container's file is written before. */
export function checkGeneratedConfiguration(node: LabNode, { options }: GuestFile): void {
  if (options['template'] === '1') return;
  for (const name of ['arch', 'ostype']) if (options[name] === undefined) refuse(`missing '${name}' - internal error`);
  const names = Object.keys(options).sort();
  for (const name of names) if (/^dev\d+$/.test(name)) checkDevice(node, options[name] ?? '');
  if (options['rootfs'] === undefined) refuse("missing 'rootfs' configuration");
  parseDisk('lxc', 'rootfs', options['rootfs'] ?? '');
  for (const name of names) {
    if (!/^net\d+$/.test(name)) continue;
    const properties = networkOf(options[name] ?? '');
    bridgeMtu(node, properties['bridge'] ?? '');
    checkNetwork(node, name, properties);
  }
}
