// A container's file does not say which template it was created from. Import uses the newest template of its distribution on the node, which a new
// container would be created from.

import type { HostReader } from '../../manager.ts';

/** Upper bound on storages that are listed, so that an observation runs a constant number of commands. */
const MAX_STORAGES = 8;

/** Template files of the node, as `storage:vztmpl/file`. A storage that does not answer counts as having none. */
export async function templatesOn(host: HostReader, storages: string | undefined): Promise<string[]> {
  const holding = (storages ?? '').split(/^(?=\S)/m).flatMap((section) => {
    const [, id] = /^[a-z]+:\s*(\S+)/.exec(section) ?? [];
    const content = /^\s+content\s+(.+)$/m.exec(section)?.[1] ?? '';
    const isOff = /^\s+disable\s*(1\s*)?$/m.test(section);
    return id !== undefined && !isOff && content.split(/[,;\s]+/).includes('vztmpl') ? [id] : [];
  });
  const lists = await Promise.all(
    holding
      .slice(0, MAX_STORAGES)
      .map((id) => host.run({ kind: 'command', program: 'pvesm', args: ['list', id], timeoutSeconds: 60 })),
  );
  return lists.flatMap(({ stdout }) =>
    stdout.split('\n').flatMap((line) => /^(\S+:vztmpl\/\S+)/.exec(line)?.[1] ?? []),
  );
}

export type Template =
  | { readonly found: true; readonly file: string }
  | { readonly found: false; readonly file: string; readonly reason: string };

/** The newest template of a distribution; where there is none, the file name that it would need. */
export function templateFor(ostype: string, templates: readonly string[]): Template {
  const own = templates.filter((template) => fileOf(template).startsWith(`${ostype}-`));
  const newest = own.sort((a, b) => fileOf(a).localeCompare(fileOf(b), 'en', { numeric: true })).at(-1);
  if (newest !== undefined && ostype !== '') return { found: true, file: newest };
  // An edited file may have anything.
  const name = /^[a-z0-9]+$/.test(ostype) ? ostype : 'unmanaged';
  const file = `local:vztmpl/${name}.tar.zst`;
  const reason = `Proxmox does not keep which template it was made from, and the node has none for ${ostype || 'it'}: ${file} is written, which does no harm while the container exists; name one that pveam available lists before it is ever recreated`;
  return { found: false, file, reason: reason };
}

function fileOf(template: string): string {
  return template.slice(template.indexOf('/') + 1);
}
