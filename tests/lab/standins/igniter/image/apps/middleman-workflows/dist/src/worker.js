import '../../../../../middleman/worker.ts';
