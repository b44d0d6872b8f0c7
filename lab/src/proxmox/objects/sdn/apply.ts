// Applying the software-defined network (PUT /cluster/sdn): the files become the running configuration, and every node writes its interfaces.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { declaredLinks, setKernelLinks } from '../../../host/links/links.ts';
import { installed } from '../../../host/packages.ts';
import { type Call, print, task } from '../../call.ts';
import { replaceFile } from '../../lock.ts';
import { type LabNode, pathOf } from '../../node.ts';
import { fabricsOf } from './fabrics.ts';
import type { SdnRow } from './files.ts';
import { interfacesText } from './interfaces.ts';
import { RUNNING, runningSdn, typedObjects } from './running.ts';

const INTERFACES = 'etc/network/interfaces.d/sdn';

/** Makes the files the running configuration. */
export function commitSdn(node: LabNode): void {
  const version = runningSdn(node).version + 1;
  const ids = (name: SdnRow['file']) => ({ ids: typedObjects(node, name) });
  const running = {
    version,
    zones: ids('zones'),
    vnets: ids('vnets'),
    subnets: ids('subnets'),
    controllers: ids('controllers'),
    fabrics: { ids: runningFabrics(node) },
  };
  const file = pathOf(node, RUNNING);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, JSON.stringify(running));
}

/** Starts a task on every node that applies the running configuration; the call does not wait for its end. */
export function applySdn(call: Call): string | undefined {
  const { node } = call;
  task(
    call,
    'reloadnetworkall',
    '',
    () => {
      print(call, `${node.name}: reloading network config`);
      const problem = writeSdnInterfaces(node);
      if (problem === null) setKernelLinks(node, declaredLinks(node).links);
      else print(call, problem);
    },
    'print',
  );
  return call.upids.at(-1);
}

/**
 * Writes what runs into the node's network, if anything was applied.
 * @returns why the task of the node ends there, before its network is reloaded; null where it goes on
 */
export function writeSdnInterfaces(node: LabNode): string | null {
  if (!existsSync(pathOf(node, RUNNING))) return null;
  const running = runningSdn(node);
  mkdirSync(dirname(pathOf(node, INTERFACES)), { recursive: true });
  writeFileSync(pathOf(node, INTERFACES), interfacesText(node, running));
  const needsDhcp = Object.values(running.zones).some((zone) => zone['dhcp'] !== undefined);
  if (!needsDhcp || installed(node).has('dnsmasq')) return null;
  return "Could not run before_regenerate for DHCP plugin dnsmasq cannot reload with missing 'dnsmasq' package ";
}

/** Fabrics in the form in which Proxmox's Rust code writes them: each with its id, `interfaces` as a list (to_sections). */
function runningFabrics(node: LabNode): Record<string, unknown> {
  return Object.fromEntries(
    [...fabricsOf(node)].map(([id, { type, options }]) => {
      const values = Object.entries(options).map(([option, texts]): [string, unknown] => {
        if (option === 'interfaces') return [option, texts];
        const [value = ''] = texts;
        return [option, option.endsWith('_interval') ? Number(value) : value];
      });
      return [id, { type, id, ...Object.fromEntries(values) }];
    }),
  );
}
