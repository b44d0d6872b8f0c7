// Checks realms against the jobs that synchronise users from them.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import type { RuleContext } from '../../rule.ts';

/** INVALID_VALUE: only realms of a directory can be synchronised (pve-access-control, PVE/API2/Jobs/RealmSync.pm). */
export function syncedRealmsAreDirectories({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const types = new Map((datacenter?.get('realm') ?? []).map(({ name, options }) => [name, String(options['type'])]));
  return (datacenter?.get('realmsync') ?? []).flatMap(({ name, writtenAt, options: { realm } }): Diagnostic[] => {
    const type = types.get(String(realm));
    if (type === undefined || type === 'ldap' || type === 'ad') return [];
    const message = `"realm" must be a realm of type ad or ldap: ${realm} is of type ${type}`;
    return [{ code: 'INVALID_VALUE', at: placeIn(writtenAt, 'realm'), message, target: targetId('realmsync', name) }];
  });
}
