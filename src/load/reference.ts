// The reference pages: the config file of each schema, and the page that explains it.

import { jsonSchema } from './json-schema.ts';
import { type PageHead, referencePage, type SchemaNode } from './reference-page.ts';

const HEADS: Readonly<Record<string, PageHead>> = {
  phoenix_hypervisor_config: { file: 'etc/phoenix_hypervisor_config.json', toldIn: 'host.md' },
  phoenix_lxc_configs: { file: 'etc/phoenix_lxc_configs.json', toldIn: 'guests.md' },
  phoenix_vm_configs: { file: 'etc/phoenix_vm_configs.json', toldIn: 'guests.md' },
  phoenix_datacenter_config: { file: 'etc/phoenix_datacenter_config.json', toldIn: 'datacenter.md' },
  'certificate-manifest': { file: 'etc/certificate-manifest.json', toldIn: 'services.md' },
  stack: { file: 'stacks/<name>/phoenix.json', toldIn: 'services.md' },
  phoenix_stacks_config: { file: 'etc/phoenix_stacks_config.json', toldIn: 'services.md' },
};

/** Pages for `docs/reference` by schema name. Throws for a schema without an entry here. */
export function referencePages(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    names.map((name) => {
      const head = HEADS[name];
      if (head === undefined)
        throw new Error(`the reference has no page for ${name}; give it one in src/load/reference.ts`);
      return [name, referencePage(jsonSchema(name) as SchemaNode, head)];
    }),
  );
}
