#!/usr/bin/env node
console.log('phoenix');
