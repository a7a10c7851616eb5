using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>FMA (SDM volume 1, 14.5; volume 2, VFMADD132PD and the following).</content>
internal static unsafe partial class InstructionTable
{
    private static void AddFused()
    {
        AddVector(Mnemonic.Vfmadd132ps, &SettledForms<PackedFused<Order132, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd132ss, &SettledForms<ScalarFused<Order132, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd132pd, &SettledForms<PackedFused<Order132, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd132sd, &SettledForms<ScalarFused<Order132, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd213ps, &SettledForms<PackedFused<Order213, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd213ss, &SettledForms<ScalarFused<Order213, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd213pd, &SettledForms<PackedFused<Order213, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd213sd, &SettledForms<ScalarFused<Order213, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd231ps, &SettledForms<PackedFused<Order231, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd231ss, &SettledForms<ScalarFused<Order231, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd231pd, &SettledForms<PackedFused<Order231, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd231sd, &SettledForms<ScalarFused<Order231, FusedAdd, Binary64>>.Bind);

        AddVector(Mnemonic.Vfmsub132ps, &SettledForms<PackedFused<Order132, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub132ss, &SettledForms<ScalarFused<Order132, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub132pd, &SettledForms<PackedFused<Order132, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub132sd, &SettledForms<ScalarFused<Order132, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub213ps, &SettledForms<PackedFused<Order213, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub213ss, &SettledForms<ScalarFused<Order213, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub213pd, &SettledForms<PackedFused<Order213, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub213sd, &SettledForms<ScalarFused<Order213, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub231ps, &SettledForms<PackedFused<Order231, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub231ss, &SettledForms<ScalarFused<Order231, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub231pd, &SettledForms<PackedFused<Order231, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub231sd, &SettledForms<ScalarFused<Order231, FusedSubtract, Binary64>>.Bind);

        AddVector(Mnemonic.Vfnmadd132ps, &SettledForms<PackedFused<Order132, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd132ss, &SettledForms<ScalarFused<Order132, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd132pd, &SettledForms<PackedFused<Order132, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd132sd, &SettledForms<ScalarFused<Order132, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd213ps, &SettledForms<PackedFused<Order213, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd213ss, &SettledForms<ScalarFused<Order213, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd213pd, &SettledForms<PackedFused<Order213, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd213sd, &SettledForms<ScalarFused<Order213, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd231ps, &SettledForms<PackedFused<Order231, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd231ss, &SettledForms<ScalarFused<Order231, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd231pd, &SettledForms<PackedFused<Order231, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd231sd, &SettledForms<ScalarFused<Order231, FusedNegatedAdd, Binary64>>.Bind);

        AddVector(Mnemonic.Vfnmsub132ps, &SettledForms<PackedFused<Order132, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub132ss, &SettledForms<ScalarFused<Order132, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub132pd, &SettledForms<PackedFused<Order132, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub132sd, &SettledForms<ScalarFused<Order132, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub213ps, &SettledForms<PackedFused<Order213, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub213ss, &SettledForms<ScalarFused<Order213, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub213pd, &SettledForms<PackedFused<Order213, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub213sd, &SettledForms<ScalarFused<Order213, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub231ps, &SettledForms<PackedFused<Order231, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub231ss, &SettledForms<ScalarFused<Order231, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub231pd, &SettledForms<PackedFused<Order231, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub231sd, &SettledForms<ScalarFused<Order231, FusedNegatedSubtract, Binary64>>.Bind);

        AddVector(Mnemonic.Vfmaddsub132ps, &SettledForms<PackedFused<Order132, FusedAddSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmaddsub132pd, &SettledForms<PackedFused<Order132, FusedAddSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmaddsub213ps, &SettledForms<PackedFused<Order213, FusedAddSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmaddsub213pd, &SettledForms<PackedFused<Order213, FusedAddSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmaddsub231ps, &SettledForms<PackedFused<Order231, FusedAddSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmaddsub231pd, &SettledForms<PackedFused<Order231, FusedAddSubtract, Binary64>>.Bind);

        AddVector(Mnemonic.Vfmsubadd132ps, &SettledForms<PackedFused<Order132, FusedSubtractAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsubadd132pd, &SettledForms<PackedFused<Order132, FusedSubtractAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsubadd213ps, &SettledForms<PackedFused<Order213, FusedSubtractAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsubadd213pd, &SettledForms<PackedFused<Order213, FusedSubtractAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsubadd231ps, &SettledForms<PackedFused<Order231, FusedSubtractAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsubadd231pd, &SettledForms<PackedFused<Order231, FusedSubtractAdd, Binary64>>.Bind);
    }
}
