import '../../../../../worker.ts';
