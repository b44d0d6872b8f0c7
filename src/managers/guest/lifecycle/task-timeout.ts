// Applies the declared time limit of Proxmox tasks to every action of a guest's manager.

import type { GuestSpec } from '../guest-spec.ts';
import { withTaskTimeout } from '../proxmox/command.ts';
import { type Acting, changingActions } from './every-action.ts';

/** For a guest that is no longer declared, the last declaration counts. Specs of an older ledger have no limit. */
export function withinTaskTimeout<Spec extends GuestSpec>(acting: Acting<Spec>): Acting<Spec> {
  return changingActions(acting, (actions, { spec, before }) => {
    const seconds = (spec ?? before)?.taskTimeoutSeconds ?? null;
    return seconds === null ? actions : actions.map((one) => withTaskTimeout(one, seconds));
  });
}
