// Fields of a guest that do nothing beside others, and that can only be told in the file itself, since the declaration holds what follows from them.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { type Place, placeIn } from '../../config/read/place.ts';

type Entry = Readonly<Record<string, unknown>>;

/** A field of an entry as it is written that does nothing beside others; `other` says why, or null where it does something. */
interface WrittenRow {
  readonly fields: readonly string[];
  readonly other: (entry: Entry) => string | null;
}

const lacksFeature = (name: string) => (entry: Entry) =>
  Array.isArray(entry['features']) && entry['features'].includes(name)
    ? null
    : `only the feature "${name}" reads it; add it to "features", or take this out`;

const lacksNetwork = ({ network_config: net }: Entry): string | null =>
  net === undefined ? 'no first interface is declared; write "network_config", or take this out' : null;

/** NO_EFFECT for fields that are only told apart from others in the file itself. */
const WRITTEN: Readonly<Record<'lxc' | 'vm', readonly WrittenRow[]>> = {
  lxc: [
    { fields: ['nvidia_driver_version', 'nvidia_repo_url', 'nvidia_runfile_url'], other: lacksFeature('nvidia') },
    { fields: ['mac_address'], other: lacksNetwork },
  ],
  vm: [
    {
      fields: ['network_bridge'],
      other: ({ network_config: net, without_network }) => {
        if (without_network === true) return 'the VM has no network; take it out';
        const isThere = typeof net === 'object' && net !== null && 'bridge' in net;
        return isThere ? '"bridge" in "network_config" counts; take one of the two out' : null;
      },
    },
    {
      fields: ['portainer_environment_name'],
      other: ({ portainer_role: role }) =>
        role === 'agent' || role === 'primary'
          ? null
          : 'the VM has no environment in Portainer; write "portainer_role": "agent" or "primary", or take this out',
    },
  ],
};

/** NO_EFFECT for such fields of one entry, whose values may be invalid. */
export function idleFieldsOf(kind: 'lxc' | 'vm'): (raw: unknown, at: Place) => Diagnostic[] {
  return (raw, at) => {
    if (typeof raw !== 'object' || raw === null) return [];
    const entry = raw as Entry;
    return WRITTEN[kind].flatMap(({ fields, other }) => {
      const why = other(entry);
      if (why === null) return [];
      return fields
        .filter((field) => entry[field] !== undefined)
        .map((field) => ({
          code: 'NO_EFFECT' as const,
          at: placeIn(at, field),
          message: `"${field}" has no effect: ${why}`,
          onKey: true,
        }));
    });
  };
}
