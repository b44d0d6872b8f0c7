// The example of docs/datacenter.md together with the shipped configuration.

import { readFileSync } from 'node:fs';
import { DATACENTER_FILE } from '../../../src/managers/places.ts';
import { type Files, loadFiles } from '../../load/environment.ts';
import { repositoryFiles } from '../../support/repository-files.ts';

const EXAMPLE = new URL('../../../docs/examples/datacenter/etc/phoenix_datacenter_config.json', import.meta.url);

/** An object of every kind that the file can declare. */
export function exampleDatacenter(): Record<string, Record<string, unknown>> {
  return JSON.parse(readFileSync(EXAMPLE, 'utf8'));
}

/** The example for the shipped configuration: its container 101 has folders of the host, which Proxmox does not copy, so a VM is copied. */
export function exampleBesideShipped(): Record<string, unknown> {
  const { replication = {}, ...others } = exampleDatacenter();
  return { ...others, replication: { '1001-0': replication['101-0'] } };
}

export function exampleFiles(): Files {
  return withDatacenter(exampleBesideShipped());
}

export function withDatacenter(datacenter: object): Files {
  return { ...repositoryFiles(), [DATACENTER_FILE]: datacenter };
}

export function read(files: Files) {
  return loadFiles(files);
}
