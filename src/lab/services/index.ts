// The services of a lab's network, one line each.

import type { LabService } from './service.ts';
import { stepCa } from './step-ca/service.ts';

export const SERVICES: readonly (() => LabService)[] = [stepCa];
