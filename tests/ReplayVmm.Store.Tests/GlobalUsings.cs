global using ReplayVmm.Events;
