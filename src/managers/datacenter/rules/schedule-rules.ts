// Checks of schedules that Proxmox takes, but reads otherwise than they look.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import { hoursReadAsMinutes } from '../../../proxmox/calendar-event.ts';
import type { RuleContext } from '../../rule.ts';
import { declaredObjects } from '../declared-objects.ts';
import { optionsOf } from '../options/row-options.ts';

/** MINUTES_FOR_HOURS: `24:00` is minute 24 of every hour. */
export function hoursAreHours({ config: { datacenter } }: RuleContext): Diagnostic[] {
  return declaredObjects(datacenter).flatMap(({ row, object: { name, writtenAt, options } }) =>
    [...optionsOf(row)].flatMap(([option, { format }]): Diagnostic[] => {
      const written = options[option];
      const hours = format === 'pve-calendar-event' && typeof written === 'string' ? hoursReadAsMinutes(written) : null;
      if (hours === null) return [];
      const message = `Proxmox reads "${written}" as minute ${hours} of every hour, since an hour is at most 23`;
      const hint = 'Write the hour as 0 to 23: "00:00" is midnight. Leave it so where minutes and seconds are meant.';
      const at = placeIn(writtenAt, option);
      return [{ code: 'MINUTES_FOR_HOURS', at, message, hint, target: targetId(row.kind, name) }];
    }),
  );
}
