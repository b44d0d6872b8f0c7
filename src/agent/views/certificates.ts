// Validity of the certificates on the host, from one observation that callers within the same seconds share.

import type { CertificateEnd } from '../../model/environment.ts';
import { kindOf } from '../../model/ids.ts';
import type { Context } from '../context.ts';
import { declaredAt } from '../reconcile/desired-state.ts';
import { clockTick } from '../verbs/known-targets.ts';

/** Certificates of the followed commit; empty before the first. @throws when the host cannot be observed */
export async function certificates(context: Context): Promise<readonly CertificateEnd[]> {
  const { ledger, managers, inventories, options, clock } = context;
  const commit = (await ledger.head())?.base;
  const declared = commit ? await declaredAt(context, commit) : undefined;
  if (!commit || declared === undefined) return [];
  const origin = { repository: options.repositoryUrl, commit };
  const found: CertificateEnd[] = [];
  for (const { id, spec, protected: kept } of declared.targets.values()) {
    const manager = managers.managerOf(kindOf(id));
    if (manager.validity === undefined) continue;
    const inventory = await inventories(clockTick(clock), manager);
    const wanted = { target: id, spec, before: undefined, origin, approved: false, protected: kept };
    found.push({ target: id, validity: manager.validity(inventory, wanted) });
  }
  return found;
}
