using Iced.Intel;

namespace ReplayVmm.Processor;

/// <content>FMA (SDM volume 1, 14.5; volume 2, VFMADD132PD and the following).</content>
internal static unsafe partial class InstructionTable
{
    private static void AddFused()
    {
        AddVector(Mnemonic.Vfmadd132ps, &VectorForms<PackedFused<Order132, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd132ss, &VectorForms<ScalarFused<Order132, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd132pd, &VectorForms<PackedFused<Order132, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd132sd, &VectorForms<ScalarFused<Order132, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd213ps, &VectorForms<PackedFused<Order213, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd213ss, &VectorForms<ScalarFused<Order213, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd213pd, &VectorForms<PackedFused<Order213, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd213sd, &VectorForms<ScalarFused<Order213, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd231ps, &VectorForms<PackedFused<Order231, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd231ss, &VectorForms<ScalarFused<Order231, FusedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmadd231pd, &VectorForms<PackedFused<Order231, FusedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmadd231sd, &VectorForms<ScalarFused<Order231, FusedAdd, Binary64>>.Bind);

        AddVector(Mnemonic.Vfmsub132ps, &VectorForms<PackedFused<Order132, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub132ss, &VectorForms<ScalarFused<Order132, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub132pd, &VectorForms<PackedFused<Order132, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub132sd, &VectorForms<ScalarFused<Order132, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub213ps, &VectorForms<PackedFused<Order213, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub213ss, &VectorForms<ScalarFused<Order213, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub213pd, &VectorForms<PackedFused<Order213, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub213sd, &VectorForms<ScalarFused<Order213, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub231ps, &VectorForms<PackedFused<Order231, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub231ss, &VectorForms<ScalarFused<Order231, FusedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsub231pd, &VectorForms<PackedFused<Order231, FusedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsub231sd, &VectorForms<ScalarFused<Order231, FusedSubtract, Binary64>>.Bind);

        AddVector(Mnemonic.Vfnmadd132ps, &VectorForms<PackedFused<Order132, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd132ss, &VectorForms<ScalarFused<Order132, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd132pd, &VectorForms<PackedFused<Order132, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd132sd, &VectorForms<ScalarFused<Order132, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd213ps, &VectorForms<PackedFused<Order213, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd213ss, &VectorForms<ScalarFused<Order213, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd213pd, &VectorForms<PackedFused<Order213, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd213sd, &VectorForms<ScalarFused<Order213, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd231ps, &VectorForms<PackedFused<Order231, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd231ss, &VectorForms<ScalarFused<Order231, FusedNegatedAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmadd231pd, &VectorForms<PackedFused<Order231, FusedNegatedAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmadd231sd, &VectorForms<ScalarFused<Order231, FusedNegatedAdd, Binary64>>.Bind);

        AddVector(Mnemonic.Vfnmsub132ps, &VectorForms<PackedFused<Order132, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub132ss, &VectorForms<ScalarFused<Order132, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub132pd, &VectorForms<PackedFused<Order132, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub132sd, &VectorForms<ScalarFused<Order132, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub213ps, &VectorForms<PackedFused<Order213, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub213ss, &VectorForms<ScalarFused<Order213, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub213pd, &VectorForms<PackedFused<Order213, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub213sd, &VectorForms<ScalarFused<Order213, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub231ps, &VectorForms<PackedFused<Order231, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub231ss, &VectorForms<ScalarFused<Order231, FusedNegatedSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfnmsub231pd, &VectorForms<PackedFused<Order231, FusedNegatedSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfnmsub231sd, &VectorForms<ScalarFused<Order231, FusedNegatedSubtract, Binary64>>.Bind);

        AddVector(Mnemonic.Vfmaddsub132ps, &VectorForms<PackedFused<Order132, FusedAddSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmaddsub132pd, &VectorForms<PackedFused<Order132, FusedAddSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmaddsub213ps, &VectorForms<PackedFused<Order213, FusedAddSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmaddsub213pd, &VectorForms<PackedFused<Order213, FusedAddSubtract, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmaddsub231ps, &VectorForms<PackedFused<Order231, FusedAddSubtract, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmaddsub231pd, &VectorForms<PackedFused<Order231, FusedAddSubtract, Binary64>>.Bind);

        AddVector(Mnemonic.Vfmsubadd132ps, &VectorForms<PackedFused<Order132, FusedSubtractAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsubadd132pd, &VectorForms<PackedFused<Order132, FusedSubtractAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsubadd213ps, &VectorForms<PackedFused<Order213, FusedSubtractAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsubadd213pd, &VectorForms<PackedFused<Order213, FusedSubtractAdd, Binary64>>.Bind);
        AddVector(Mnemonic.Vfmsubadd231ps, &VectorForms<PackedFused<Order231, FusedSubtractAdd, Binary32>>.Bind);
        AddVector(Mnemonic.Vfmsubadd231pd, &VectorForms<PackedFused<Order231, FusedSubtractAdd, Binary64>>.Bind);
    }
}
