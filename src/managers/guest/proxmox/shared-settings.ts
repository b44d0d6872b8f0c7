// Desired settings that containers and VMs share beside the table of settings: DNS and tags.

import type { GuestSpec } from '../guest-spec.ts';
import { OWNER_TAG } from '../observe/notes.ts';
import { mergeList, plainSetting } from './setting-edits.ts';
import type { DesiredSetting, Earlier } from './settings.ts';

/** Desired settings that containers and VMs share beside the table of settings. `waiting` names those that take effect at the next start. */
export function sharedSettings(
  spec: GuestSpec,
  { before, fresh }: Earlier<GuestSpec>,
  waiting: ReadonlySet<string>,
): DesiredSetting[] {
  const common = (key: string, label: string) => ({ key, label, fresh, waits: waiting.has(key) });
  return [
    ...plainSetting({
      ...common('nameserver', 'nameserver'),
      declared: spec.nameservers.join(' ') || null,
      before: before?.nameservers.join(' ') || null,
      normal: (value) => words(value).join(' '),
    }),
    ...plainSetting({
      ...common('searchdomain', 'search domain'),
      declared: spec.searchdomain,
      before: before?.searchdomain,
    }),
    tagsSetting(spec.tags, before?.tags ?? [], fresh),
  ];
}

/** Tags are a set; those that people set stay. */
function tagsSetting(declared: readonly string[], before: readonly string[], fresh: boolean): DesiredSetting {
  const merged = (now: string | undefined): string[] =>
    mergeList(words(now), [...new Set([...declared, OWNER_TAG])], before, fresh, (tag) => tag.toLowerCase());
  return {
    key: 'tags',
    label: 'tags',
    shown: declared.join(';'),
    value: (now) => merged(now).sort().join(';'),
    same: (now) => merged(now).join(';') === words(now).join(';'),
    waits: false,
  };
}

function words(list: string | undefined): string[] {
  return (list ?? '').split(/[,;\s]+/).filter((word) => word !== '');
}
