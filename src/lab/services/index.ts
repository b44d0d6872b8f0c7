// The services of a lab's network, one line each.

import type { LabService } from './service.ts';

export const SERVICES: readonly (() => LabService)[] = [];
