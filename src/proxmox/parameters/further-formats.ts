// Formats of property strings that Proxmox registers by name and its table does not contain (pve-common, PVE/JSONSchema.pm; pve-access-control,
// PVE/Auth/Plugin.pm).

import type { Schema } from './table.ts';

const degrees = (most: number): Schema => ({ type: 'number', minimum: -most, maximum: most });
const optionalText: Schema = { type: 'string', optional: 1 };

export const FURTHER_FORMATS: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  'pve-node-location': {
    latitude: degrees(90),
    longitude: degrees(180),
    name: { ...optionalText, maxLength: 128 },
  },
  'pve-tfa-config': {
    digits: { type: 'integer', optional: 1, minimum: 6, maximum: 8, default: 6 },
    id: optionalText,
    key: optionalText,
    step: { type: 'integer', optional: 1, minimum: 10, default: 30 },
    type: { type: 'string', enum: ['yubico', 'oath'] },
    url: optionalText,
  },
};
